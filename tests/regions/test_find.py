"""What is hot becomes regions."""

import numpy as np
import pytest

from semscan.errors import BadMapError, UsageFault
from semscan.regions.find import find_regions, image_score, region_mask, segment
from semscan.settings import RegionSettings
from semscan.values import Box


@pytest.fixture
def core_and_rim():
    """A 4 x 5 patch of 0.6 with one pixel of 0.9 inside."""
    anomaly_map = np.zeros((20, 30), np.float32)
    anomaly_map[10:14, 20:25] = 0.6
    anomaly_map[11, 22] = 0.9
    return anomaly_map


def test_a_region_has_its_box_area_peak_mean_and_centroid(core_and_rim):
    (region,) = find_regions(core_and_rim, RegionSettings())

    assert region.box == Box(10, 20, 14, 25)
    assert region.box.xywh == (20, 10, 5, 4)
    assert region.area == 20
    assert region.peak == 0.9
    assert region.mean == pytest.approx(0.615)
    assert region.centroid == pytest.approx((11.5, 22.0))


def test_closing_fills_no_pixel_that_is_not_judged():
    anomaly_map = np.zeros((20, 30), np.float32)
    anomaly_map[3:17, 5:10] = anomaly_map[3:17, 13:18] = 0.8
    judged = np.ones(anomaly_map.shape, bool)
    judged[9:11, 10:13] = False
    found = segment(anomaly_map, RegionSettings(closing=3), judged)

    assert len(found.regions) == 1
    assert not found.mask[~judged].any()
    assert found.mask[7, 10:13].all()


def test_rim_is_kept_only_with_low(core_and_rim):
    high = RegionSettings(threshold=0.8, min_area=1)

    assert [r.area for r in find_regions(core_and_rim, high)] == [1]
    assert [r.area for r in find_regions(core_and_rim, RegionSettings(threshold=0.8, low=0.5))] == [20]


def test_a_patch_above_low_alone_is_no_region(core_and_rim):
    core_and_rim[0:4, 0:4] = 0.7

    assert len(find_regions(core_and_rim, RegionSettings(threshold=0.8, low=0.5))) == 1


def test_pixels_that_touch_at_a_corner_are_one_region():
    anomaly_map = np.eye(4, dtype=np.float32) * 0.9

    assert [r.area for r in find_regions(anomaly_map, RegionSettings())] == [4]


def test_small_regions_are_left_out_of_list_and_mask():
    anomaly_map = np.zeros((9, 9), np.float32)
    anomaly_map[0, :3] = 0.9
    anomaly_map[5:7, 5:7] = 0.7
    found = segment(anomaly_map, RegionSettings(min_area=4))

    assert [r.peak for r in found.regions] == [0.7]
    assert np.argwhere(found.mask == 255).tolist() == [[5, 5], [5, 6], [6, 5], [6, 6]]


def test_regions_come_hottest_first():
    anomaly_map = np.zeros((9, 30), np.float32)
    for left, value in ((0, 0.6), (10, 0.9), (20, 0.8)):
        anomaly_map[2:5, left : left + 3] = value

    assert [r.peak for r in find_regions(anomaly_map, RegionSettings())] == [0.9, 0.8, 0.6]


def test_a_value_at_the_threshold_is_not_above_it():
    assert find_regions(np.full((5, 5), 0.5, np.float32), RegionSettings()) == []


def test_closing_does_not_grow_towards_the_border():
    anomaly_map = np.zeros((40, 40), np.float32)
    anomaly_map[30:33, 4:36] = 0.9

    assert np.array_equal(
        region_mask(anomaly_map, RegionSettings(closing=12)), region_mask(anomaly_map, RegionSettings())
    )


def test_closing_joins_what_a_gap_parts():
    anomaly_map = np.zeros((9, 20), np.float32)
    anomaly_map[2:7, 2:8] = anomaly_map[2:7, 10:16] = 0.9

    assert len(find_regions(anomaly_map, RegionSettings())) == 2
    assert len(find_regions(anomaly_map, RegionSettings(closing=2))) == 1


def test_mask_and_regions_hold_the_same_pixels():
    anomaly_map = np.random.default_rng(5).random((60, 60), dtype=np.float32)
    settings = RegionSettings(threshold=0.8, low=0.7, min_area=3)

    assert (region_mask(anomaly_map, settings) == 255).sum() == sum(r.area for r in find_regions(anomaly_map, settings))


def test_the_label_image_holds_each_region_at_its_rank():
    anomaly_map = np.zeros((20, 20), np.float32)
    anomaly_map[2:4, 2:4] = 0.6  # the first by place, the last by peak
    anomaly_map[2:4, 10:14] = 0.9
    anomaly_map[10:13, 5:8] = 0.8
    anomaly_map[17, 17] = 0.95  # too small
    found = segment(anomaly_map, RegionSettings())

    for label, region in enumerate(found.regions, start=1):
        pixels = np.argwhere(found.labels == label)
        assert Box(*pixels.min(axis=0), *(pixels.max(axis=0) + 1)) == region.box
        assert len(pixels) == region.area
    assert np.unique(found.labels).tolist() == [0, 1, 2, 3]
    np.testing.assert_array_equal(found.mask, np.where(found.labels, 255, 0))


@pytest.mark.parametrize("threshold", [0.0, 0.1, 0.3, 0.6, 0.7, 0.9])
@pytest.mark.parametrize("step", [-2, -1, 0, 1, 2])
def test_the_score_is_above_the_threshold_exactly_when_there_is_a_region(threshold, step):
    value = np.float32(threshold)
    for _ in range(abs(step)):
        value = np.nextafter(value, np.float32(np.sign(step)))
    anomaly_map = np.full((4, 4), max(value, 0), np.float32)
    regions = find_regions(anomaly_map, RegionSettings(threshold=threshold))

    assert (image_score(anomaly_map, regions, threshold) > threshold) == bool(regions)


def test_the_score_of_a_hot_speck_that_is_too_small_is_the_threshold():
    anomaly_map = np.zeros((8, 8), np.float32)
    anomaly_map[3, 3] = 0.95

    assert image_score(anomaly_map, find_regions(anomaly_map, RegionSettings()), 0.5) == 0.5


@pytest.mark.parametrize("shape", [(4,), (2, 4, 4)])
def test_a_map_without_two_axes_is_refused(shape):
    with pytest.raises(BadMapError, match="2 axes"):
        find_regions(np.zeros(shape), RegionSettings())


def test_a_map_with_nan_is_refused():
    anomaly_map = np.zeros((4, 4), np.float32)
    anomaly_map[1, 1] = np.nan

    with pytest.raises(BadMapError, match="NaN"):
        find_regions(anomaly_map, RegionSettings())


def test_low_above_the_threshold_is_refused():
    with pytest.raises(UsageFault, match=r"from 0 to the threshold 0\.4"):
        RegionSettings(threshold=0.4, low=0.6)


@pytest.mark.parametrize("threshold", [-0.1, 1.0, float("nan")])
def test_a_threshold_outside_the_map_is_refused(threshold):
    with pytest.raises(UsageFault, match="wanted from 0 to below 1"):
        RegionSettings(threshold=threshold)
