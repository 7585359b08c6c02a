"""How large a region is, which way it lies, and how it differs from what is around it."""

import math

import numpy as np
import pytest

from semscan.regions.find import segment
from semscan.regions.measure import feret, measure
from semscan.regions.neighbours import neighbour_distances
from semscan.settings import RegionSettings
from semscan.values import Box

ROWS, COLS = np.mgrid[:200, :200]


def disc(diameter, row=100.2, col=99.7):
    return (ROWS - row) ** 2 + (COLS - col) ** 2 < (diameter / 2) ** 2


def bar(length, width, degrees):
    """A bar whose long side leaves x towards y (down) by `degrees`."""
    turn = math.radians(degrees)
    along = (COLS - 99.6) * math.cos(turn) + (ROWS - 100.3) * math.sin(turn)
    across = -(COLS - 99.6) * math.sin(turn) + (ROWS - 100.3) * math.cos(turn)
    return (abs(along) < length / 2) & (abs(across) < width / 2)


def box(rows, cols, shape=(200, 200)):
    there = np.zeros(shape, bool)
    there[rows[0] : rows[1], cols[0] : cols[1]] = True
    return there


def measured(*there, grey=None, judged=None):
    """Measures of each of the bool images, hottest first."""
    anomaly_map = np.zeros(there[0].shape, np.float32)
    for number, one in enumerate(there):
        anomaly_map[one] = 0.9 - number / 100
    found = segment(anomaly_map, RegionSettings(min_area=1))
    return [region.measures for region in measure(found, grey, judged)]


def test_a_rectangle_of_20_by_10():
    (of,) = measured(box((50, 60), (30, 50)))

    assert of.feret_max_px == pytest.approx(math.hypot(20, 10))
    assert of.feret_min_px == pytest.approx(10)
    assert of.orientation_deg == pytest.approx(0)
    assert of.perimeter_px == pytest.approx(60, rel=0.03)
    assert (of.mean_grey, of.contrast, of.neighbour_distance_px) == (None, None, None)


@pytest.mark.parametrize("diameter", [8, 15, 40, 120])
def test_a_disc(diameter):
    (of,) = measured(disc(diameter))

    assert of.feret_max_px == pytest.approx(diameter, abs=1.5)
    assert of.feret_min_px == pytest.approx(diameter, abs=1.5)
    assert of.perimeter_px == pytest.approx(math.pi * diameter, rel=0.04)


@pytest.mark.parametrize("diameter", [15, 40, 120])
def test_what_is_round_has_no_orientation(diameter):
    assert measured(disc(diameter))[0].orientation_deg is None


@pytest.mark.parametrize("degrees", [-60, -30, 0, 10, 45, 72, 90])
def test_a_turned_bar(degrees):
    (of,) = measured(bar(80, 16, degrees))

    assert of.orientation_deg == pytest.approx(degrees, abs=0.7)
    assert of.feret_max_px == pytest.approx(math.hypot(80, 16), abs=1.5)
    assert of.feret_min_px == pytest.approx(16, abs=1.6)
    assert of.perimeter_px == pytest.approx(192, rel=0.03)


def test_a_single_pixel_has_a_size():
    (of,) = measured(box((5, 6), (7, 8)))

    assert of.feret_max_px == pytest.approx(math.sqrt(2))
    assert of.feret_min_px == pytest.approx(1)
    assert of.orientation_deg is None


def test_a_line_one_pixel_wide():
    (of,) = measured(box((5, 16), (7, 8)))

    assert of.feret_min_px == pytest.approx(1)
    assert of.orientation_deg == 90
    assert of.perimeter_px == pytest.approx(24, abs=1)


def test_a_region_that_fills_the_image_has_no_surroundings():
    (of,) = measured(np.ones((30, 40), bool), grey=np.full((30, 40), 0.5))

    assert of.feret_max_px == pytest.approx(50)
    assert (of.mean_grey, of.contrast) == (0.5, None)


def test_the_smallest_feret_of_a_triangle_is_its_least_height():
    assert feret(np.array([[0, 0], [8, 0], [4, 3]], float)) == pytest.approx((8, 3))


@pytest.mark.parametrize(("inside", "contrast"), [(0.7, 0.4), (0.1, -0.2)])
def test_contrast_is_what_the_region_exceeds_its_surroundings_by(inside, contrast):
    grey = np.where(disc(30), inside, 0.3)
    (of,) = measured(disc(30), grey=grey)

    assert of.mean_grey == pytest.approx(inside)
    assert of.contrast == pytest.approx(contrast)


def test_surroundings_are_near_by():
    grey = np.where(disc(20), 0.8, np.where(disc(60), 0.4, 0.9))

    assert measured(disc(20), grey=grey)[0].contrast == pytest.approx(0.4)


def test_other_regions_and_what_is_not_judged_are_no_surroundings():
    ours, theirs = box((50, 60), (50, 60)), box((50, 60), (66, 76))
    grey = np.where(ours, 0.6, np.where(theirs, 1.0, 0.2))
    grey[64:] = 0.9
    judged = ROWS < 64
    measures = measured(ours, theirs, grey=grey, judged=judged)

    assert [of.contrast for of in measures] == pytest.approx([0.4, 0.8])


def test_the_distance_to_the_nearest_neighbour_is_between_closest_pixels():
    measures = measured(box((10, 20), (10, 20)), box((23, 30), (23, 30)), box((10, 20), (50, 60)))

    assert [of.neighbour_distance_px for of in measures] == pytest.approx(
        [math.hypot(4, 4), math.hypot(4, 4), math.hypot(4, 21)]
    )


def test_the_nearest_neighbour_is_found_among_many_shapes():
    anomaly_map = np.random.default_rng(3).random((80, 80), dtype=np.float32)
    found = segment(anomaly_map, RegionSettings(threshold=0.86, min_area=2))
    regions = measure(found)
    pixels = [np.argwhere(segment(np.where(one, 0.9, 0), RegionSettings(min_area=1)).mask) for one in _each(found)]
    for number, region in enumerate(regions):
        others = np.concatenate([each for place, each in enumerate(pixels) if place != number])
        apart = pixels[number][:, None] - others[None]
        assert region.measures.neighbour_distance_px == pytest.approx(np.sqrt((apart**2).sum(2).min()))
    assert len(regions) > 50


def _each(found):
    return [found.labels == label for label, _ in enumerate(found.regions, start=1)]


def test_two_regions_in_the_same_box_of_the_same_area_are_told_apart():
    first = np.zeros((20, 20), bool)
    first[2, 2:8] = first[2:8, 2] = True
    second = np.zeros((20, 20), bool)
    second[7, 4:10] = second[4:10, 9] = True
    grey = np.where(first, 0.9, np.where(second, 0.6, 0.2))
    measures = measured(first, second, grey=grey)

    assert [of.mean_grey for of in measures] == pytest.approx([0.9, 0.6])


@pytest.mark.parametrize(("row", "col"), [(17, 27), (34, 54), (43, 45)])
def test_the_distance_of_two_pixels_is_found_where_hypot_rounds_up(row, col):
    boxes = [Box(0, 0, 1, 1), Box(row, col, row + 1, col + 1)]
    distances = neighbour_distances(boxes, [np.array([[0, 0]]), np.array([[row, col]])])
    assert distances == pytest.approx([math.hypot(row, col)] * 2)


def test_a_region_in_the_hole_of_another_is_its_neighbour():
    measures = measured(disc(160) & ~disc(100), disc(40), box((0, 4), (0, 4)))

    assert [of.neighbour_distance_px for of in measures[:2]] == pytest.approx([31, 31], abs=1.5)


def test_large_ragged_regions_are_measured_as_exactly(monkeypatch):
    anomaly_map = np.random.default_rng(4).random((90, 90), dtype=np.float32)
    found = segment(anomaly_map, RegionSettings(threshold=0.72, min_area=10))
    one_by_one = [region.measures.neighbour_distance_px for region in measure(found)]
    monkeypatch.setattr("semscan.regions.neighbours.PAIRS", 0)

    assert [region.measures.neighbour_distance_px for region in measure(found)] == pytest.approx(one_by_one)
    assert len(one_by_one) > 10


def test_without_regions_there_is_nothing_to_measure():
    assert measure(segment(np.zeros((8, 8)), RegionSettings())) == ()
