"""Means and their intervals."""

import numpy as np
import pytest

from semscan.metrology.uncertainty import mean_of_parts, spread_length


def test_the_error_all_parts_share_is_added():
    means = np.array([9.0, 10.0, 11.0, 10.0])

    _, alone, narrow = mean_of_parts(means)
    _, both, wide = mean_of_parts(means, shared=0.5)

    assert both == pytest.approx(np.hypot(alone, 0.5))
    assert wide[1] - wide[0] > narrow[1] - narrow[0]


def test_two_lines_have_the_error_that_one_line_shows_or_none():
    means = np.array([10.0, 10.2])

    assert mean_of_parts(means, alone=0.2)[1] == pytest.approx(0.2 / np.sqrt(2))
    assert mean_of_parts(means)[1:] == (None, None)


def test_intervals_hold_the_mean_19_times_in_20():
    rng = np.random.default_rng(0)

    found = [mean_of_parts(rng.normal(10.0, 1.0, 8))[2] for _ in range(2000)]

    assert np.mean([low < 10.0 < high for low, high in found]) == pytest.approx(0.95, abs=0.015)


def test_a_spread_is_three_standard_deviations():
    deviations = np.random.default_rng(1).normal(0, 0.2, 400)

    found = spread_length(deviations, 2.0)

    assert found.px == pytest.approx(0.6, rel=0.1)
    assert found.nm == pytest.approx(2 * found.px)
