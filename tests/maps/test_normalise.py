"""Raw scores become map values."""

import numpy as np
import pytest

from semscan.errors import BadMapError
from semscan.maps.normalise import normalise_map


def test_the_calibrated_raw_threshold_becomes_one_half():
    assert normalise_map(np.array([[0.0, 1.5, 4.5]]), 1.5).tolist() == [[0.0, 0.5, 0.75]]


def test_the_map_never_reaches_one_and_keeps_order():
    raw = np.geomspace(1e-6, 1e6, 200).astype(np.float32)
    anomaly_map = normalise_map(np.append(raw, np.float32(1e30)), 1.0)

    assert anomaly_map.dtype == np.float32
    assert anomaly_map.max() < 1
    assert (np.diff(anomaly_map) >= 0).all()


def test_without_a_threshold_one_is_taken():
    assert normalise_map(np.array([3.0]), None).tolist() == [0.75]


def test_negative_scores_count_as_none():
    assert normalise_map(np.array([-2.0, 0.0]), 1.0).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_scores_that_are_no_numbers_are_refused(bad):
    with pytest.raises(BadMapError, match="NaN or infinity"):
        normalise_map(np.array([1.0, bad]), 1.0)


@pytest.mark.parametrize("threshold", [0.0, -1.0, float("nan")])
def test_a_threshold_that_cannot_scale_is_refused(threshold):
    with pytest.raises(BadMapError, match="wanted a number above 0"):
        normalise_map(np.array([1.0]), threshold)
