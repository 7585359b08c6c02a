"""Regions of a map that comes in bands of rows."""

import cv2
import numpy as np
import pytest

from semscan.errors import BadImageError, BadMapError
from semscan.regions.find import segment
from semscan.regions.in_bands import BandedRegions
from semscan.regions.run_labels import RunLabels
from semscan.settings import RegionSettings


def in_bands(anomaly_map, settings, height):
    found = BandedRegions(anomaly_map.shape[1], settings)
    for top in range(0, len(anomaly_map), height):
        found.push(anomaly_map[top : top + height])
    return found.finish()


@pytest.mark.parametrize("height", [1, 7, 64, 600])
@pytest.mark.parametrize(("blur", "threshold", "low"), [(1.0, 0.5, None), (3.0, 0.5, 0.3), (0.6, 0.55, 0.5)])
def test_regions_are_those_of_the_whole_map(height, blur, threshold, low):
    field = cv2.GaussianBlur(np.random.default_rng(1).random((317, 233), np.float32), (0, 0), blur)
    anomaly_map = (field - field.min()) / np.ptp(field) * np.float32(0.99)
    settings = RegionSettings(threshold=threshold, low=low)
    whole = segment(anomaly_map, settings)

    regions, runs = in_bands(anomaly_map, settings, height)

    assert [(one.box, one.area, one.peak, one.mean) for one in regions] == [
        (one.box, one.area, one.peak, one.mean) for one in whole.regions
    ]
    assert np.allclose([one.centroid for one in regions], [one.centroid for one in whole.regions])
    labels = RunLabels(anomaly_map.shape, runs)
    assert (labels[:, :] == whole.labels).all()
    assert (labels[100:200, 50:90] == whole.labels[100:200, 50:90]).all()


def test_two_regions_that_meet_below_are_one():
    anomaly_map = np.zeros((12, 9), np.float32)
    anomaly_map[2:9, [1, 7]] = 0.8
    anomaly_map[8, 1:8] = 0.9

    for height in (1, 3, 12):
        (region,), _ = in_bands(anomaly_map, RegionSettings(), height)
        assert region.area == 7 + 7 + 5


def test_two_pieces_of_one_region_meet_again_in_the_next_band():
    anomaly_map = np.zeros((9, 9), np.float32)
    anomaly_map[1:8, 1:8] = 0.8
    anomaly_map[2:7, 2:7] = 0  # a ring: both sides reach the border of the bands

    for height in (1, 4, 5):
        (region,), _ = in_bands(anomaly_map, RegionSettings(), height)
        assert region.area == 24


def test_nan_is_refused():
    with pytest.raises(BadMapError, match="NaN"):
        in_bands(np.full((4, 4), np.nan, np.float32), RegionSettings(), 4)


def test_a_map_that_is_mostly_above_the_threshold_is_refused(monkeypatch):
    monkeypatch.setattr("semscan.regions.in_bands.MOST_RUNS", 100)
    anomaly_map = np.zeros((60, 60), np.float32)
    anomaly_map[::2, ::2] = 0.9
    anomaly_map[1::2, 1::2] = 0.9

    with pytest.raises(BadImageError, match="lie above the threshold"):
        in_bands(anomaly_map, RegionSettings(), 10)
