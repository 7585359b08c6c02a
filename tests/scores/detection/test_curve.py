"""The size found nine times in ten, from defects whose probability of detection is known."""

import math

import numpy as np
import pytest

from semscan.scores.detection.curve import compare_with_painted, detection_curve
from semscan.scores.detection.logistic import fit_logistic
from semscan.values.detection import DetectionCurve, TriedDefect
from semscan.values.detection_probability import probability


def defects(count, *, a90=10.0, slope=5.0, contrast_slope=0.0, seed=0):
    """Defects of 2 to 40 px, found with odds of 9 to 1 at `a90` px and a contrast of 0.2."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        size, contrast = np.exp(rng.uniform(*np.log([2, 40]))), np.exp(rng.uniform(*np.log([0.05, 0.5])))
        odds = math.log(9) + slope * math.log(size / a90) + contrast_slope * math.log(contrast / 0.2)
        made.append(TriedDefect("body", size, contrast, 2.0 if rng.random() < 1 / (1 + math.exp(-odds)) else 0.5))
    return made


def test_the_size_found_nine_times_in_ten_comes_out_and_its_bound_lies_above_it():
    curve = detection_curve(defects(4000), nm_per_pixel=2.0)

    assert curve.a90_px == pytest.approx(10, rel=0.08)
    assert curve.a90_px < curve.a90_95_px < 12
    assert curve.a90_nm == pytest.approx(2 * curve.a90_px)
    assert probability(curve, np.array([10.0]), 0.2)[0] == pytest.approx(0.9, abs=0.03)


def test_a_contrast_counts_where_it_matters():
    curve = detection_curve(defects(4000, contrast_slope=4.0))

    assert curve.at_contrast == 0.2
    assert curve.coefficients == pytest.approx([math.log(9) - 5 * math.log(10) - 4 * math.log(0.2), 5, 4], rel=0.12)
    assert curve.a90_px == pytest.approx(10, rel=0.1)


def test_the_bound_holds_in_nineteen_of_twenty_samples():
    bounds = [detection_curve(defects(200, seed=seed)).a90_95_px for seed in range(100)]

    assert sum(bound is None or bound >= 10 for bound in bounds) >= 90


def test_all_found_gives_the_smallest_size_and_nothing_found_gives_none():
    sizes = np.linspace(3, 30, 60)
    found = detection_curve([TriedDefect("real", size, None, 3.0) for size in sizes])
    missed = detection_curve([TriedDefect("real", size, None, 0.2) for size in sizes])

    assert found.a90_is_smallest
    assert found.share_95[0] > 0.9
    assert (missed.a90_px, missed.a90_95_px, missed.found) == (None, None, 0)


def test_a_place_that_is_marked_without_the_defect_is_no_detection():
    assert not TriedDefect("body", 9.0, 0.3, 5.0, before=4.0).found
    assert TriedDefect("body", 9.0, 0.3, 5.0, before=0.9).found


def test_few_defects_give_shares_and_no_curve():
    curve = detection_curve(defects(5))

    assert (curve.defects, curve.any_contrast, curve.a90_px) == (5, (), None)
    assert detection_curve([]) is None


def test_bins_hold_every_defect_once():
    tried = defects(300)
    curve = detection_curve(tried)

    for bins in (curve.by_size, curve.by_contrast):
        assert sum(each.defects for each in bins) == 300
        assert sum(each.found for each in bins) == sum(one.found for one in tried)


def test_a_curve_survives_its_json():
    curve = detection_curve(defects(300))

    again = DetectionCurve.parse(curve.to_json())

    assert again.whole
    assert again.to_json() == curve.to_json()
    assert not DetectionCurve.parse({**curve.to_json(), "share_95": "wide"}).whole


def test_real_defects_that_are_harder_have_a_ratio_above_one():
    painted = detection_curve(defects(2000))
    real = [TriedDefect("real", one.size_px, None, one.peak) for one in defects(2000, a90=20.0, seed=1)]

    figures = compare_with_painted(painted, "test images", real, None)

    assert figures.a90_ratio == pytest.approx(2, rel=0.15)
    assert figures.share_of_real_expected > figures.real.share + 0.1


def test_firth_gives_finite_coefficients_for_separated_outcomes():
    rows = np.stack([np.ones(10), np.arange(10.0)], 1)

    coefficients, covariance = fit_logistic(rows, np.arange(10) > 4)

    assert np.isfinite(coefficients).all()
    assert np.isfinite(covariance).all()
    assert coefficients[1] > 0.5


def test_firth_matches_the_published_example_of_a_two_by_two_table():
    """With one binary predictor Firth adds half an observation to each cell of the table."""
    rows = np.array([[1.0, 0.0]] * 12 + [[1.0, 1.0]] * 8)
    outcomes = np.array([True] * 3 + [False] * 9 + [True] * 8)

    coefficients, _ = fit_logistic(rows, outcomes)

    assert coefficients[0] == pytest.approx(math.log(3.5 / 9.5), abs=1e-6)
    assert coefficients.sum() == pytest.approx(math.log(8.5 / 0.5), abs=1e-6)


def test_the_stated_size_is_one_that_was_tried_at_about_its_contrast():
    small = [TriedDefect("body", size, 0.9, 2.0) for size in np.linspace(2, 6, 40)]
    stated = [TriedDefect("body", size, 0.2, 2.0) for size in np.linspace(7, 30, 60)]

    assert detection_curve(small + stated).a90_px == pytest.approx(7)
