"""Which regions are parts of one defect, how far it reaches, and where its middle is."""

from dataclasses import replace

import numpy as np
import pytest

from semscan.regions.extent import with_extents
from semscan.regions.find import segment
from semscan.settings import RegionSettings
from semscan.values import Box

SETTINGS = RegionSettings(threshold=0.5, min_area=1)


def found(anomaly_map, threshold=0.5):
    return segment(anomaly_map, replace(SETTINGS, threshold=threshold))


@pytest.fixture
def scratch():
    """A bar of 60 x 4 px just below the threshold, above it at two places; a spot elsewhere."""
    anomaly_map = np.zeros((40, 80), np.float32)
    anomaly_map[10:14, 10:70] = 0.45
    anomaly_map[10:14, 20:24] = 0.8
    anomaly_map[10:14, 50:58] = 0.7
    anomaly_map[30:33, 60:63] = 0.6
    return anomaly_map


def test_pieces_that_the_lower_threshold_joins_are_parts_of_the_one_with_the_highest_peak(scratch):
    first, second, other = with_extents(found(scratch), scratch, 0.5)

    assert (first.part_of, second.part_of, other.part_of) == (None, 1, None)
    assert first.extent.box == Box(10, 10, 14, 70)
    assert first.extent.area == 240
    assert first.extent.place == (11.5, 39.5)
    assert first.extent.orientation_deg == 0.0
    assert second.extent is None
    assert other.extent.place == (31.0, 61.0)


def test_the_lower_threshold_is_two_thirds_of_the_raw_score():
    """In the map 0.4 below 0.5, for two thirds of 1; and 2/3 below 0.75, for two thirds of 3."""
    for threshold, below, above in ((0.5, 0.39, 0.41), (0.75, 0.66, 0.67)):
        for rim, width in ((below, 4), (above, 8)):
            anomaly_map = np.zeros((20, 20), np.float32)
            anomaly_map[8:12, 6:14] = rim
            anomaly_map[8:12, 8:12] = 0.9
            (region,) = with_extents(found(anomaly_map, threshold), anomaly_map, threshold)

            assert region.extent.feret_max_px == pytest.approx(np.hypot(4, width)), (threshold, rim)


def test_the_middle_is_that_of_the_strong_change():
    """The map reaches 12 px to the right of a body of 9 x 9 px, as it does on the side of a faint shadow."""
    anomaly_map = np.zeros((60, 60), np.float32)
    anomaly_map[20:33, 16:45] = 0.6
    change = np.zeros((60, 60), np.float32)
    change[22:31, 18:27] = -0.4
    change[22:31, 27:40] = -0.05
    (without,) = with_extents(found(anomaly_map), anomaly_map, 0.5)
    (region,) = with_extents(found(anomaly_map), anomaly_map, 0.5, change)

    assert without.extent.place == (26.0, 30.0)
    assert region.extent.place == pytest.approx((26.0, 22.0), abs=0.3)
    assert region.extent.box == without.extent.box
    assert region.centroid == without.centroid


def test_a_body_as_bright_as_its_reference_inside_is_not_hollow():
    """Only 10 of 12 columns on the left side, and one on the right, differ: the gap of 6 px between is part of it."""
    anomaly_map = np.zeros((40, 40), np.float32)
    anomaly_map[10:30, 10:30] = 0.9
    change = np.zeros((40, 40), np.float32)
    change[12:28, 12:16] = 0.5
    change[12:28, 22:26] = 0.5
    (region,) = with_extents(found(anomaly_map), anomaly_map, 0.5, change)

    assert region.extent.place == pytest.approx((19.5, 18.5), abs=0.1)


def test_without_any_change_the_middle_is_that_of_the_map():
    anomaly_map = np.zeros((20, 20), np.float32)
    anomaly_map[3:6, 4:9] = 0.9
    (region,) = with_extents(found(anomaly_map), anomaly_map, 0.5, np.zeros((20, 20)))

    assert region.extent.place == (4.0, 6.0)


def test_nuisance_has_no_extent_and_joins_nothing(scratch):
    scratch[10:14, 30:50] = 0.9  # now the first region, between the pieces
    regions = found(scratch)
    marked = replace(regions, regions=[replace(regions.regions[0], nuisance=True), *regions.regions[1:]])
    nuisance, *others = with_extents(marked, scratch, 0.5)

    assert nuisance == marked.regions[0]
    assert len(others) == len(regions.regions) - 1
    assert with_extents(found(np.zeros((5, 5))), np.zeros((5, 5)), 0.5) == ()


def test_a_region_at_the_corner_of_an_image_of_one_pixel_has_an_extent():
    anomaly_map = np.full((1, 1), 0.9, np.float32)
    (region,) = with_extents(found(anomaly_map), anomaly_map, 0.5, np.ones((1, 1)))

    assert region.extent.place == (0.0, 0.0)


def test_the_rim_of_a_nuisance_joins_no_defects():
    """A streak of charging with a rim, and two defects that touch the rim from above."""
    anomaly_map = np.zeros((40, 90), np.float32)
    anomaly_map[18:26, 5:85] = 0.45
    anomaly_map[20:24, 5:85] = 0.9
    for left in (15, 65):
        anomaly_map[12:18, left : left + 5] = 0.7
    regions = found(anomaly_map)
    streak = replace(regions.regions[0], nuisance=True)
    marked = with_extents(replace(regions, regions=(streak, *regions.regions[1:])), anomaly_map, 0.5)

    assert marked[0].extent is None
    assert [region.part_of for region in marked[1:]] == [None, None]
    for region in marked[1:]:
        assert region.extent.box.right - region.extent.box.left <= 9
        assert region.extent.place[1] == pytest.approx(region.centroid[1], abs=0.5)


def test_below_the_calibrated_threshold_extents_do_not_reach_into_chance():
    anomaly_map = np.full((20, 40), 0.25, np.float32)
    anomaly_map[8:12, 10:14] = 0.35
    anomaly_map[8:12, 16:20] = 0.6
    extents = [region.extent for region in with_extents(found(anomaly_map, 0.3), anomaly_map, 0.3)]

    assert [extent.box for extent in extents] == [Box(8, 16, 12, 20), Box(8, 10, 12, 14)]
