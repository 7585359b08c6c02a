"""The data sets of benchmarks/worth.py: what is trained on is never scored."""

import importlib.util
from pathlib import Path

import pytest

from semscan.files.datasets.layout import find_layout

_SPEC = importlib.util.spec_from_file_location("worth", Path(__file__).parents[2] / "benchmarks" / "worth.py")
worth = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(worth)


@pytest.fixture
def halves(tmp_path, monkeypatch, grey, save_png):
    for number in range(5):
        save_png(tmp_path / "real" / "set" / "train" / "good" / f"{number}.png", grey())
        for kind in ("pit", "scratch"):
            save_png(tmp_path / "real" / "set" / "test" / kind / f"{number}.png", grey())
            save_png(tmp_path / "real" / "set" / "ground_truth" / kind / f"{number}_mask.png", grey())
    save_png(tmp_path / "real" / "set" / "test" / "good" / "9.png", grey())
    monkeypatch.setenv("SEMSCAN_REAL_DATA", str(tmp_path / "real"))
    monkeypatch.setattr(worth, "OUT", tmp_path / "out")
    return worth.Halves("set")


def test_no_image_is_both_trained_on_and_scored(halves):
    assert not set(halves.pool) & set(halves.tested)
    assert len(halves.pool) + len(halves.tested) == 10
    assert [path.parent.name for path in halves.pool[:2]] == ["pit", "scratch"]
    scored = [path.resolve() for path in (halves.test / "test").rglob("*.png")]
    assert set(halves.tested) < set(scored)
    assert not set(halves.pool) & set(scored)


def test_labelled_and_hidden_images_are_found_where_train_looks(halves):
    labelled = find_layout(halves.training_set("labelled", labelled=halves.pool[:3]))
    bare = find_layout(halves.training_set("bare", labelled=halves.pool[:3], masks=False))
    hidden = find_layout(halves.training_set("hidden", hidden=halves.pool[:2]))

    assert {name: len(paths) for name, paths in labelled.classes.items()} == {"pit": 2, "scratch": 1}
    assert (len(labelled.masks), len(bare.masks)) == (3, 0)
    assert (len(labelled.good), len(hidden.good)) == (5, 7)


def test_a_spread_is_the_median_and_the_range():
    assert worth.spread([0.5, 0.25, 1.0], 2) == "0.50 (0.25 to 1.00)"
    assert worth.spread([0.5]) == "0.500"
    assert worth.spread([None, 0.5]) == "-"
