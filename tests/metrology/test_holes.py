"""Rims of drawn holes."""

import math

import numpy as np
import pytest

from semscan.errors import BadImageError
from semscan.metrology.ellipse import Ellipse, fit_ellipse
from semscan.metrology.hole_dimensions import measure_holes
from semscan.metrology.holes import find_holes

SIDE = 150
STEPS = np.array([[0.0, 30.0], [30.0, 0.0]])
MIDDLES = [(row, col) for row in range(14, SIDE, 30) for col in range(16, SIDE, 30)]


def found_in(image, **choices):
    rows, cols = np.mgrid[:SIDE, :SIDE]
    positions = np.stack([cols / 30.0, rows / 30.0], -1)
    return find_holes(image, np.ones(image.shape, bool), positions, STEPS, **choices)


def test_an_ellipse_of_known_axes_is_found(holes):
    found = found_in(holes(SIDE, SIDE, [(row, col, 8.0, 6.0) for row, col in MIDDLES]))

    measured = measure_holes(found, 0.5, None).dimensions
    assert measured.x_diameter.px == pytest.approx(16.0, abs=0.15)
    assert measured.y_diameter.px == pytest.approx(12.0, abs=0.15)
    assert measured.diameter.px == pytest.approx(2 * math.sqrt(48), abs=0.15)
    assert measured.ellipticity.value == pytest.approx(8 / 6, abs=0.02)
    assert (measured.parts, measured.dark_holes) == (25, True)
    assert [pitch.px for pitch in measured.pitch] == pytest.approx([30.0, 30.0], abs=0.01)


def test_pillars_are_measured_as_holes_are(holes):
    image = holes(SIDE, SIDE, [(row, col, 7.0, 7.0) for row, col in MIDDLES])

    dark, bright = (measure_holes(found_in(each), 0.5, None).dimensions for each in (image, 0.9 - image))

    assert (dark.dark_holes, bright.dark_holes) == (True, False)
    assert bright.diameter.px == pytest.approx(dark.diameter.px, abs=0.02)


def test_a_displaced_hole_has_a_placement_error(holes):
    drawn = [(row, col, 7.0, 7.0) for row, col in MIDDLES]
    drawn[12] = (drawn[12][0] + 1.5, drawn[12][1], 7.0, 7.0)

    rows = measure_holes(found_in(holes(SIDE, SIDE, drawn)), 0.5, 2.0).rows

    assert [round(row.placement_y_px, 1) for row in rows] == [0.0] * 12 + [1.5] + [0.0] * 12
    assert rows[12].x_px == pytest.approx(drawn[12][1], abs=0.03)
    assert max(abs(row.placement_x_px) for row in rows) < 0.05


def test_a_hole_that_is_covered_is_left_out(holes):
    image = holes(SIDE, SIDE, [(row, col, 7.0, 7.0) for row, col in MIDDLES])
    used = np.ones(image.shape, bool)
    used[60:90, 60:90] = False
    rows, cols = np.mgrid[:SIDE, :SIDE]

    found = find_holes(image, used, np.stack([cols / 30.0, rows / 30.0], -1), STEPS)

    assert len(found.ellipses) == 24
    assert measure_holes(found, 0.5, None).warnings == ()


@pytest.mark.parametrize("radius", [0.0, 13.0])
def test_a_hole_unlike_the_others_is_not_left_out_in_silence(holes, radius):
    drawn = [(row, col, 7.0, 7.0) for row, col in MIDDLES]
    drawn[12] = (*drawn[12][:2], max(radius, 0.01), max(radius, 0.01))

    measured = measure_holes(found_in(holes(SIDE, SIDE, drawn)), 0.5, None)

    assert measured.dimensions.parts == 24
    (warning,) = measured.warnings
    assert warning.startswith("not measured: 1 of 25 holes, which are missing, much larger or smaller")


def test_stripes_that_repeat_in_two_directions_are_no_holes():
    image = np.tile(np.where(np.arange(SIDE) % 30 < 15, 0.2, 0.8), (SIDE, 1)).astype(np.float32)

    with pytest.raises(BadImageError, match="neither lines nor holes"):
        found_in(image)


@pytest.mark.parametrize("angle", [0.0, 0.4, 1.2])
def test_an_ellipse_through_its_own_points_is_that_ellipse(angle):
    true = Ellipse(20.0, 30.0, 9.0, 6.0, angle, np.zeros((5, 5)))
    turns = np.linspace(0, 2 * np.pi, 40, endpoint=False)

    found = fit_ellipse(Ellipse.circle(20.0, 30.0, 7.0), turns, true.radius_at(turns))

    assert (found.row, found.col, found.major, found.minor) == pytest.approx((20, 30, 9, 6), abs=1e-3)
    assert found.angle == pytest.approx(angle, abs=1e-3)


def test_noise_does_not_shrink_an_ellipse():
    rng = np.random.default_rng(0)
    turns = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    start = Ellipse.circle(0.0, 0.0, 7.0)

    found = [fit_ellipse(start, turns, 7.0 + rng.normal(0, 0.5, 40)) for _ in range(200)]

    assert np.mean([each.radius for each in found]) == pytest.approx(7.0, abs=0.02)
    assert np.std([2 * each.radius for each in found]) == pytest.approx(
        np.mean([each.diameter_error for each in found]), rel=0.15
    )


def test_too_few_points_make_no_ellipse():
    turns = np.linspace(0, 2 * np.pi, 40, endpoint=False)

    assert fit_ellipse(Ellipse.circle(0.0, 0.0, 7.0), turns, np.where(turns < 1, 7.0, np.nan)) is None
