"""The threshold that agrees with a person's decisions, from peaks with known answers."""

import numpy as np
import pytest

from semscan.maps.review_threshold import reviewed_threshold

NONE = np.zeros(0)


def threshold(real, harmless, undecided=()):
    return reviewed_threshold(np.array(real, float), np.array(harmless, float), np.array(undecided, float))


def test_it_lies_in_the_middle_between_what_it_separates():
    assert threshold([8, 9], [1.5, 2]) == pytest.approx(4.0)  # geometric


def test_the_present_one_stays_where_it_decides_best():
    assert threshold([2, 3], [0.5, 0.2]) == 1.0
    assert threshold([2, 3, 4], NONE) == 1.0
    assert threshold([2, 9], [3, 4, 1.5, 1.2, 1.1]) > 1.0


def test_above_harmless_peaks_alone_it_lies_a_little_higher():
    assert threshold(NONE, [2, 4]) == pytest.approx(4.2)


def test_missed_defects_lower_it_when_no_harmless_peak_stands_against_it():
    assert threshold([0.6, 0.8, 2], [0.3, 0.2]) == pytest.approx(np.sqrt(0.3 * 0.6))
    assert threshold([0.6, 2], [0.7, 0.8, 0.3]) == pytest.approx(1.0)


def test_equal_peaks_are_on_one_side():
    assert threshold([2, *[5] * 9], [2, 2]) == pytest.approx(np.sqrt(10))


def test_one_harmless_region_does_not_remove_many_that_nobody_has_looked_at():
    real, harmless = [3, 4, 5, 6, 7, 8, 9, 10, 11], [2.5]
    below = np.linspace(1.1, 2.4, 40)

    assert threshold(real, harmless) > 1
    assert threshold(real, harmless, below) == 1.0


def test_it_keeps_nine_in_ten_of_the_real_ones_whatever_it_costs():
    harmless = np.linspace(5, 9, 30)

    assert threshold([1.5, 3, 20], harmless) == 1.0
    assert (np.linspace(2, 40, 20) > threshold(np.linspace(2, 40, 20), [1.5, *harmless])).sum() == 18
    assert threshold([1.5, *np.linspace(10, 20, 10)], harmless) > 9


def test_above_the_highest_harmless_one_it_removes_nothing_undecided():
    assert threshold([3], [1.1, 1.2, 1.3, 1.4], [5, 6, 7, 8]) == pytest.approx(np.sqrt(1.4 * 3))
    assert threshold([1.2, 1.5], [1.1, 1.3, 1.4] * 4, [5, 6, 7, 8]) < 1.2


def test_undecided_regions_go_where_the_decided_ones_of_their_score_are_harmless():
    harmless, among = np.linspace(1.1, 3, 12), np.linspace(1.2, 2.9, 40)

    assert 3 < threshold([20, 21, 22], harmless, among) < 20
    assert threshold([20, 21, 22], harmless, [*among, 1.05]) == 1.0  # one lies lower than all that was looked at
    assert threshold([2, 2.1, 2.2, 20, 21, 22], harmless, among) < 2


def test_many_undecided_ones_make_no_known_real_one_dispensable():
    assert threshold([2, 6, 7], [1.5, 3, 4, 5], np.linspace(8, 9, 100)) < 2
