"""What a finished network says of its own training images; the network is a graph with known answers."""

import types

import numpy as np
import pytest

from semscan.files.datasets.layout import find_layout
from semscan.files.models.folder import read_model_folder
from semscan.pipeline.training import review as page
from semscan.pipeline.training.calibration import painted_peaks, usable_threshold
from semscan.pipeline.training.data.dataset import open_good
from semscan.pipeline.training.data.split import HeldPart
from semscan.pipeline.training.findings import TrainingFindings
from semscan.pipeline.training.outliers import Outlier, OutlierScan
from semscan.pipeline.training.review import review
from semscan.settings import ReadSettings, TrainSettings
from semscan.values.detection import TriedDefect
from semscan.values.model.calibration import Calibration
from semscan.values.model.training import AcceptedCount


def two_spots(first, second):
    """A patch with two painted defects of these grey levels, and its label."""
    patch = np.zeros((32, 32, 1), np.float32)
    patch[4:12, 4:12] = first
    patch[20:28, 20:28] = second
    return patch, {"score": (patch > 0).astype(np.float32)}


@pytest.fixture
def plan():
    """Held out: images 1, 2 and 7. Painted patches reach a raw score of 4."""
    return types.SimpleNamespace(
        painted_peaks={},
        held=(HeldPart(1, 0, 0), HeldPart(2, 0, 0), HeldPart(7, 0, 0)),
        held_description="3 of 10 good images",
        draw_held=lambda rng: two_spots(5.0, 5.0),
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
def folder(make_model, tmp_path):
    return read_model_folder(make_model(tmp_path / "model"))


def test_a_hidden_defect_among_the_held_out_sets_no_threshold_and_is_named(folder, images, plan):
    said = []

    found = review(folder, images, plan, TrainingFindings(), TrainSettings(), said.append)

    plan.held = plan.held[:2]
    without = review(folder, images, plan, TrainingFindings(), TrainSettings(), lambda line: None)
    assert found.calibration.raw_threshold == without.calibration.raw_threshold
    assert found.calibration.worth == 2
    assert found.calibration.held_out == (
        "3 of 10 good images, of which 1 that look odd do not set the threshold (7.png)"
    )
    (odd,) = found.outliers
    assert odd.image.endswith("7.png")
    assert "scores a place in it as in no other image (score 0." in odd.reason
    assert "7.png looks odd" in said[0]
    assert said[-1].startswith("1 of the good images look unusual: check them")


def test_what_looked_odd_before_is_on_record_with_what_the_network_finds(folder, images, plan):
    first = OutlierScan((Outlier(7, "it is brighter", 9.0), Outlier(3, "it is darker", 6.0)), None, 0)

    found = review(folder, images, plan, TrainingFindings(first), TrainSettings(), lambda line: None)

    assert [entry.reason.split(";")[0] for entry in found.outliers] == ["it is brighter", "it is darker"]
    assert "the finished network" in found.outliers[0].reason


@pytest.mark.parametrize(("peak", "after", "above"), [(0.5, 1.0, 0), (2.0, 2.1, 0), (9.0, 2.75, 1)])
def test_the_threshold_is_raised_over_accepted_regions_but_not_over_too_many_defects(peak, after, above):
    before, said = Calibration(1.0, 0.1, 0.0, "2 images"), []

    tried = tuple(TriedDefect("body", 9.0, 0.2, peak) for peak in (0.5, 1.5, 4.0))
    calibration, again, count = page._keep_below(before, tried, np.array([0.1, peak]), 3.0, said.append)

    assert calibration.raw_threshold == pytest.approx(after)
    assert calibration.rule == ("accepted" if after > 1 else None)
    assert sum(one.found for one in again) == sum(peak > after for peak in (0.5, 1.5, 4.0))
    if after > 1:
        assert "Of 3 painted defects it finds 1, before 2." in said[0]
    assert count == AcceptedCount(2, above)
    assert len(said) == (after > 1) + bool(above)


@pytest.mark.parametrize(
    ("peaks", "highest"),
    [
        ([2.0, 3.0, 4.0], 2.0),
        ([0.5, 3.0, 4.0], 3.0),  # what is not found anyway is not kept
        ([1.5, *range(2, 12)], 2.0),
        ([0.5], np.inf),
    ],
)
def test_nine_in_ten_of_the_labelled_defects_that_are_found_stay_above_the_threshold(peaks, highest):
    found = page._keeping(np.array(peaks), 1.0)

    assert found == pytest.approx(highest, rel=1e-5)
    assert found < highest or highest == np.inf


def test_the_ceiling_of_the_threshold_is_what_a_share_of_the_painted_defects_exceeds(folder, plan):
    plan.draw_held = lambda rng: two_spots(2.5, 5.0)  # raw scores of 1.5 and 4

    peaks = painted_peaks(folder, plan, 0)

    assert sorted(set(peaks)) == pytest.approx([1.5, 4.0])
    assert peaks.count(max(peaks)) == len(peaks) / 2
    assert usable_threshold(peaks, 0.25) == pytest.approx(4.0)
    assert usable_threshold(peaks, 0.75) == pytest.approx(1.5)
    plan.draw_held = None
    assert usable_threshold(painted_peaks(folder, plan, 0), 0.25) == np.inf
