"""What a finished network says of its own training images; the network is a graph with known answers."""

import types

import numpy as np
import pytest

from semscan.files.datasets.layout import find_layout
from semscan.pipeline.training import fit
from semscan.pipeline.training import review as page
from semscan.pipeline.training.data.dataset import open_good
from semscan.pipeline.training.outliers import NOT_SCANNED, Outlier, OutlierScan
from semscan.pipeline.training.review import TrainingFindings, review
from semscan.settings import ReadSettings, TrainSettings

CONFIG = {
    "kind": "autoencoder",
    "tile": 32,
    "overlap": 8,
    "preprocessing": {"mean": 0.4, "std": 0.1},
    "classes": None,
    "nm_per_pixel": None,
}


@pytest.fixture
def plan():
    """Held back: images 1, 2 and 7. Painted patches reach a raw score of 4."""
    inputs = np.zeros((4, 32, 32, 1), np.float32)
    inputs[:, 8:16, 8:16] = 5
    return types.SimpleNamespace(
        held=((1, 0, 0), (2, 0, 0), (7, 0, 0)),
        held_said="3 of 10 good images held back",
        validation=(inputs, {"score": (inputs > 0).astype(np.float32)}),
    )


@pytest.fixture
def images(tmp_path, save_png):
    """Ten dull images, a bright spot in number 7."""
    for number in range(10):
        values = np.random.default_rng(number).integers(85, 118, (48, 64)).astype(np.uint8)
        if number == 7:
            values[20:26, 30:38] = 220
        save_png(tmp_path / "good" / f"{number}.png", values)
    return open_good(find_layout(tmp_path), ReadSettings(), print)


@pytest.fixture
def graph(make_model, tmp_path):
    return (make_model(tmp_path / "model") / "graph.onnx").read_bytes()


def test_a_hidden_defect_among_the_held_back_has_no_say_and_is_named(graph, images, plan):
    said = []

    calibration, found = review(
        graph, CONFIG, images, plan, TrainingFindings(NOT_SCANNED), TrainSettings(), said.append
    )

    plan.held = plan.held[:2]
    without, _ = review(graph, CONFIG, images, plan, TrainingFindings(NOT_SCANNED), TrainSettings(), lambda line: None)
    assert calibration["raw_threshold"] == without["raw_threshold"]
    assert calibration["worth"] == 2
    assert calibration["held_back"] == (
        "3 of 10 good images held back, of which 1 that look odd have no say in 0.5 (7.png)"
    )
    (odd,) = found["odd_images"]
    assert odd["image"].endswith("7.png")
    assert "sees in it what it sees in no other (score 0." in odd["reason"]
    assert "7.png looks odd" in said[0]
    assert said[-1].startswith("1 of the good images look unusual: look at them")


def test_what_looked_odd_before_is_on_record_with_what_is_seen_now(graph, images, plan):
    first = OutlierScan((Outlier(7, "it is brighter", 9.0), Outlier(3, "it is darker", 6.0)), None, 0)

    _, found = review(graph, CONFIG, images, plan, TrainingFindings(first), TrainSettings(), lambda line: None)

    assert [entry["reason"].split(";")[0] for entry in found["odd_images"]] == ["it is brighter", "it is darker"]
    assert "the finished network" in found["odd_images"][0]["reason"]


@pytest.mark.parametrize(("peak", "after", "above"), [(0.5, 1.0, 0), (2.0, 2.1, 0), (9.0, 3.0, 1)])
def test_the_threshold_is_raised_over_accepted_regions_but_not_over_half_the_defects(monkeypatch, peak, after, above):
    monkeypatch.setattr(fit, "highest_usable_threshold", lambda graph, plan, share: 3.0 if share == 0.5 else 0)
    calibration, said = {"raw_threshold": 1.0}, []

    record = page._keep_below(calibration, np.array([0.1, peak]), b"", None, said.append)

    assert calibration["raw_threshold"] == pytest.approx(after)
    assert record == {"regions": 2, "still_above": above}
    assert len(said) == (after > 1) + bool(above)
