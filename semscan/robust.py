"""Spread and noise, estimated so that a few defects do not count. Any package may use it; it imports no other."""

from __future__ import annotations

import cv2
import numpy as np

# standard deviation of a normal distribution, in multiples of its median absolute deviation
MEDIAN_DEVIATIONS = 1.4826


def median_deviation(values: np.ndarray, centre: float = 0.0) -> float:
    """Estimate the standard deviation of values about `centre` from their median absolute deviation.

    Parameters
    ----------
    values : ndarray of float, any shape
    centre : float
        Value from which the deviations are taken.

    Returns
    -------
    float
        1.4826 times the median of the absolute deviations, in the units of `values`.

    Examples
    --------
    >>> median_deviation(np.array([1.0, 2.0, 3.0, 100.0]), centre=2.0)
    1.4826
    """
    return MEDIAN_DEVIATIONS * float(np.median(np.abs(values - centre)))


def region_peak(raw: np.ndarray) -> float:
    """Return the largest value that at least 4 pixels of a map reach, as many as the smallest region has.

    Parameters
    ----------
    raw : ndarray of float, any shape
        Of a map with fewer pixels it is the smallest value.

    Examples
    --------
    >>> region_peak(np.array([[1.0, 9.0, 5.0], [6.0, 7.0, 2.0]]))
    5.0
    """
    return float(np.partition(raw, -min(4, raw.size), axis=None)[-min(4, raw.size)])


def noise_level(values: np.ndarray) -> float:
    """Estimate the standard deviation of pixel noise from the finest detail of an image.

    Parameters
    ----------
    values : ndarray of float32, shape (rows, cols)
        Grey levels.

    Returns
    -------
    float
        In the units of `values`.

    References
    ----------
    J. Immerkaer, "Fast Noise Variance Estimation", CVIU 64(2), 1996, doi:10.1006/cviu.1996.0060; here with the
    median instead of the mean, so that edges do not count.
    """
    kernel = np.array(
        [[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32
    )  # its response to white noise is 6 times as wide
    return float(np.median(np.abs(cv2.filter2D(values, cv2.CV_32F, kernel)))) / 0.6745 / 6
