"""The number of looks at each tile, and the threshold that belongs to it."""

import dataclasses

import numpy as np
import pytest

from semscan.errors import UsageFault
from semscan.files.models.folder import read_model_folder
from semscan.pipeline.methods.looks import at_looks
from semscan.pipeline.methods.model import ModelMethod
from semscan.values import CleanImage


def image_of(grey):
    values = grey.astype(np.float32) / 255
    return CleanImage(values, np.ones(values.shape, bool), (), "a.png", None)


def test_each_number_of_looks_has_its_own_threshold(model_with_looks, grey):
    folder = read_model_folder(model_with_looks)
    image = image_of(grey(spot=True))

    own, four = ModelMethod(folder, threads=1), ModelMethod(folder, threads=1, looks=4)

    assert (own.raw_threshold, four.raw_threshold) == (2.0, 4.0)
    assert (own.provenance.to_json()["looks"], four.provenance.to_json()["looks"]) == (2, 4)
    np.testing.assert_allclose(four(image).raw, 2 * own(image).raw, rtol=1e-6)


def test_a_number_of_looks_without_a_threshold_is_refused(model_with_looks):
    folder = read_model_folder(model_with_looks)

    with pytest.raises(UsageFault, match="has a threshold for 2 looks at each tile and none for 1"):
        ModelMethod(folder, threads=1, looks=1)


def test_the_other_threshold_can_be_taken_back(model_with_looks):
    folder = read_model_folder(model_with_looks)

    there = at_looks(folder.config, 4, folder.path)

    assert there.looks.default == 4
    assert at_looks(there, 2, folder.path) == folder.config


def test_a_network_that_looks_once_takes_no_other_number(tmp_path, make_model):
    folder = read_model_folder(make_model(tmp_path / "m", classes=["good", "gap"], good="good"))

    assert at_looks(folder.config, 1, folder.path) == folder.config
    with pytest.raises(UsageFault, match=r"attention CNN of .* takes one look"):
        at_looks(folder.config, 2, folder.path)


def test_a_config_that_says_nothing_of_looks_means_four(model):
    folder = read_model_folder(model)

    assert folder.config.looks.default == 4
    assert ModelMethod(folder, threads=1, looks=4).raw_threshold == 1.0
    assert dataclasses.asdict(folder.config.looks) == {"default": 4, "others": {}, "painted_ap": {}}
