"""The default number of looks of a fitted network, from held-out patches with painted defects."""

import dataclasses
import types

import numpy as np
import pytest

from semscan.files.models.folder import read_model_folder
from semscan.pipeline.training import looks as page
from semscan.pipeline.training.looks import with_fewest_looks
from semscan.runtime.session import Network
from semscan.values.model.looks import Looks


@pytest.fixture
def fitted(model_with_looks):
    """A network that ranks pixels alike with every number of looks; not calibrated yet."""
    folder = read_model_folder(model_with_looks)
    return dataclasses.replace(folder, config=dataclasses.replace(folder.config, looks=Looks()))


@pytest.fixture
def plan():
    def draw(rng):
        patch = rng.normal(size=(32, 32, 1)).astype(np.float32)
        patch[8:16, 8:16] += 2
        return patch, {"score": (patch > 2).astype(np.float32)}

    return types.SimpleNamespace(draw_held=draw, painted_peaks={})


def test_one_look_is_the_default_where_more_rank_no_better(fitted, plan):
    chosen = with_fewest_looks(fitted, plan, seed=0)

    ap = chosen.config.looks.painted_ap
    assert chosen.config.looks.default == 1
    assert ap[1] == ap[2] == ap[4] > 0
    tiles = np.full((1, 8, 8), 3.0, np.float32)
    assert Network(chosen.graph).run(tiles)["score"].max() == pytest.approx(2)  # the graph itself takes one


def test_more_looks_are_the_default_where_they_rank_better(fitted, plan, monkeypatch):
    ap = {1: 0.80, 2: 0.811, 4: 0.815}
    monkeypatch.setattr(page, "_painted_ap", lambda folder, plan, seed: ap)

    assert with_fewest_looks(fitted, plan, seed=0).config.looks.default == 2


def test_a_network_that_looks_once_is_left_as_it_is(tmp_path, make_model, plan):
    folder = read_model_folder(make_model(tmp_path / "m", classes=["good", "gap"], good="good"))

    assert with_fewest_looks(folder, plan, seed=0) is folder
