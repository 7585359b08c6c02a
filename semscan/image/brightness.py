"""Bring images to one brightness and contrast, for good images whose lighting varies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from semscan.robust import median_deviation
from semscan.settings.networks import MATCHED_MEDIAN, MATCHED_RANGE

ENOUGH = 10  # images from which a variation can be told
# Robust standard deviation of the mean grey levels, as a share of the contrast of one image; and of log(contrast).
# Measured: grid 0.22 and 0.16, nanofibres, lines and contacts less; magnetic tiles 0.79 and 0.23, screenshots of SEM
# images from many sources 0.40 and 0.32.
BRIGHTNESS_VARIES = 0.45
CONTRAST_VARIES = 0.25
LEAST_RANGE = 0.04  # of the grey levels of an image: the noise of a blank one is not made a pattern


class Matching(NamedTuple):
    """A linear change of grey levels: `factor` and `summand`."""

    factor: float = 1.0
    summand: float = 0.0

    def applied(self, values: np.ndarray) -> np.ndarray:
        """Return changed grey levels, float32, shape of `values`."""
        return values * np.float32(self.factor) + np.float32(self.summand)

    def undone(self, values: np.ndarray) -> np.ndarray:
        """Return the grey levels before the change, float32, shape of `values`."""
        return (values - np.float32(self.summand)) / np.float32(self.factor)


def matched_brightness(values: np.ndarray) -> np.ndarray:
    """Return an image at the brightness and contrast that all have after this step.

    The median becomes `MATCHED_MEDIAN`, and the distance of the 10 % and 90 % percentiles `MATCHED_RANGE`. A defect of
    less than a tenth of the image hardly changes these.

    Parameters
    ----------
    values : ndarray of float32, shape (rows, cols)
        Judged pixels of a whole image, black 0 to white 1.

    Returns
    -------
    ndarray of float32, same shape
        Not clipped.

    Examples
    --------
    >>> dark = np.linspace(0.1, 0.2, 101, dtype=np.float32)[None].repeat(20, axis=0)
    >>> [round(float(value), 2) for value in matched_brightness(dark)[0, [10, 50, 90]]]
    [0.28, 0.45, 0.62]
    """
    return matching(values).applied(values)


def matching(values: np.ndarray) -> Matching:
    """Return the change of grey levels that `matched_brightness` makes to an image, float32 (rows, cols)."""
    low, middle, high = np.percentile(values[::2, ::2], (10, 50, 90))
    factor = MATCHED_RANGE / max(float(high - low), LEAST_RANGE)
    return Matching(factor, MATCHED_MEDIAN - factor * float(middle))


def brightness_varies(appearances: Sequence[Mapping[str, float]]) -> bool:
    """Return whether the brightness or the contrast of good images varies too much to say anything about defects.

    Parameters
    ----------
    appearances : sequence of mapping
        Of each image, as from `semscan.image.appearance.measure_appearance`. Fewer than 10 never vary.
    """
    if len(appearances) < ENOUGH:
        return False
    brightness = np.array([one["brightness"] for one in appearances])
    contrast = np.array([max(one["contrast"], 1e-3) for one in appearances])
    apart = median_deviation(brightness, float(np.median(brightness))) / float(np.median(contrast))
    logarithms = np.log(contrast)
    spread = median_deviation(logarithms, float(np.median(logarithms)))
    return bool(apart > BRIGHTNESS_VARIES or spread > CONTRAST_VARIES)
