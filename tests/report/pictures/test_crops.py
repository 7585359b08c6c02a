"""Crops of regions."""

import numpy as np

from semscan.regions.find import find_regions
from semscan.report.pictures.crops import draw_crop
from semscan.report.record import with_regions
from semscan.settings import RegionSettings
from semscan.values import CleanImage
from semscan.values.record import Record


def regions_of(anomaly_map):
    """The regions of a map, as a record has them."""
    rows, cols = anomaly_map.shape
    record = Record(image="a.png", source="/a.png", width=cols, height=rows, regions=())
    return with_regions(record, find_regions(anomaly_map, RegionSettings())).regions


def test_a_crop_shows_the_region_plain_and_dimmed_around():
    rng = np.random.default_rng(0)
    values = rng.random((200, 200)).astype(np.float32)
    anomaly_map = np.zeros((200, 200), np.float32)
    anomaly_map[90:110, 90:110] = 0.9
    (region,) = regions_of(anomaly_map)

    crop = draw_crop(CleanImage(values, np.ones(values.shape, bool)), anomaly_map, region)
    half = crop.shape[1] // 2
    plain, enhanced = crop[..., 0][:, : half - 2], crop[..., 0][:, half + 2 :]

    assert crop.dtype == np.uint8
    assert enhanced[:20].mean() < 0.5 * plain[:20].mean()
    middle = slice(plain.shape[0] // 2 - 10, plain.shape[0] // 2 + 10)
    assert enhanced[middle, middle].mean() > 0.9 * plain[middle, middle].mean()


def test_a_region_in_the_corner_of_a_tiny_image_has_a_crop():
    anomaly_map = np.zeros((16, 16), np.float32)
    anomaly_map[:3, :3] = 0.9
    (region,) = regions_of(anomaly_map)

    crop = draw_crop(CleanImage(np.zeros((16, 16), np.float32), np.ones((16, 16), bool)), anomaly_map, region)

    assert min(crop.shape[:2]) >= 200


def test_a_calibrated_crop_has_a_scale_bar_below_and_the_same_picture_above():
    values = np.random.default_rng(4).random((100, 120)).astype(np.float32)
    anomaly_map = np.zeros((100, 120), np.float32)
    anomaly_map[40:50, 50:60] = 0.9
    (region,) = regions_of(anomaly_map)
    plain = draw_crop(CleanImage(values, np.ones(values.shape, bool)), anomaly_map, region)
    scaled = draw_crop(CleanImage(values, np.ones(values.shape, bool), nm_per_pixel=2.0), anomaly_map, region)

    np.testing.assert_array_equal(scaled[: len(plain)], plain)
    assert (scaled[len(plain) :] == 235).any(), "ink"
