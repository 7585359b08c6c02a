"""Means and their intervals."""

import numpy as np
import pytest

from semscan.metrology.ellipse import Ellipse
from semscan.metrology.hole_dimensions import measure_holes
from semscan.metrology.holes import Holes
from semscan.metrology.line_dimensions import measure_lines
from semscan.metrology.lines import LineEdges
from semscan.metrology.roughness import palasantzas
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

    found = spread_length(deviations, 1, 2.0)

    assert found.px == pytest.approx(0.6, rel=0.1)
    assert found.nm == pytest.approx(2 * found.px)


@pytest.mark.parametrize("side", [2, 3, 6])
def test_placement_of_few_holes_is_not_too_small_and_its_interval_holds(side):
    rng = np.random.default_rng(side)
    sites = np.argwhere(np.ones((side, side)))
    found = []
    for _ in range(300):
        middles = 20 + 30.0 * sites + rng.normal(0, 0.2, sites.shape)
        ellipses = tuple(Ellipse.circle(row, col, 7.5) for row, col in middles)
        found.append(measure_holes(Holes(ellipses, sites, True, 1.0, 0.01), 0.5, None).dimensions.placement_x)

    assert np.sqrt(np.mean([each.px**2 for each in found])) == pytest.approx(0.6, rel=0.12)
    held = np.mean([each.interval_95_px[0] < 0.6 < each.interval_95_px[1] for each in found])
    assert 0.9 < held <= 0.98
    assert min(each.interval_95_px[0] for each in found) > 0


@pytest.mark.parametrize("likeness", [0.0, 0.9])
def test_lines_that_wiggle_do_not_make_tilt_and_roughness_look_surer(likeness):
    rng = np.random.default_rng(5)

    def rough(count):
        frequency = np.fft.fftfreq(1024)
        density = palasantzas(frequency, 0.6, 8.0, 0.75)
        density *= 0.6**2 / density.mean()
        return np.fft.ifft(np.fft.fft(rng.normal(size=(count, 1024))) * np.sqrt(density)).real[:, :256]

    tilts, rough_ones = [], []
    for _ in range(80):
        shared = np.sqrt(likeness) * rough(8)
        left, right = (shared + np.sqrt(1 - likeness) * rough(8) + rng.normal(0, 0.2, (8, 256)) for _ in range(2))
        starts = 28.0 * np.arange(8)[:, None]
        edges = LineEdges(starts + left, starts + 14 + right, 1.0, 0.0, False, 28.0, 0.3, 0.01)
        found = measure_lines(edges, 0.5, None).dimensions
        tilts.append(found.tilt_deg)
        rough_ones.append(found.ler.unbiased)

    assert np.std([each.value for each in tilts]) == pytest.approx(np.mean([each.se for each in tilts]), rel=0.25)
    held = [low < 1.8 < high for low, high in (each.interval_95_px for each in rough_ones)]
    assert np.mean(held) > 0.85
