"""The smallest defect that would have been seen in an image, from its own noise, without painting any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from semscan.values.detection import STATED_CONTRAST

RADIUS_OF_4_PX = 1.128  # px
INNER = np.array([0.0, 0.25, 0.5, 0.75])  # distances from the middle, in radii
BELOW_RIM = np.array([0.5, 1.0, 1.5, 2.0])  # distances from the rim, in multiples of the scale
DIRECTIONS = np.linspace(0, np.pi, 32)
SIZES = np.geomspace(2.3, 32.0, 120)  # px; a region has at least 4 px, as a disc of 2.3 px
NINE_IN_TEN = 1.2816  # standard deviations of noise, that a defect must exceed the threshold to be seen so often
PLACES = 0.9  # share of the places in the image for which the answer holds


class ScaleLimit(NamedTuple):
    """How well a smoothed residual shows a defect.

    `scale` is the standard deviation of the smoothing, px. `spread` is the usual deviation of the smoothed residual, on
    the grey scale 0 to 1, `threshold` the multiple of it that counts. From the residual its mean over `surroundings`
    times the scale is subtracted; None for nothing.
    """

    scale: float
    spread: float
    threshold: float
    surroundings: float | None = None


def smallest_visible(limits: Sequence[ScaleLimit], contrast: float = STATED_CONTRAST) -> float | None:
    """Return the diameter from which round, even defects of this contrast are found nine times in ten.

    A smoothed residual shows the disc at its strongest in the middle or, where the mean of the surroundings is
    subtracted, near the rim. A region needs 4 px above the threshold, so the middle is that of a disc of 4 px. The best
    scale counts.

    Parameters
    ----------
    limits : sequence of ScaleLimit
    contrast : float
        Share of the grey scale.

    Returns
    -------
    float or None
        Pixels; all larger discs up to 32 px are found so often too. None where no size is.
    """
    seen = np.zeros(SIZES.size, bool)
    for limit in limits:
        shown = np.array([_shown(size / 2, limit) for size in SIZES])
        seen |= contrast * shown >= (limit.threshold + NINE_IN_TEN) * limit.spread
    missed = np.flatnonzero(~seen)
    first = int(missed[-1]) + 1 if missed.size else 0
    return float(SIZES[first]) if first < SIZES.size else None


def _shown(radius: float, limit: ScaleLimit) -> float:
    """Return the share of its contrast that a disc has in the smoothed residual, at the best distance from its middle.

    Around a point in the disc the border lies at the distance b(a) in the direction a. A Gaussian of standard deviation
    s about that point has the share 1 - exp(-b^2 / 2 s^2) within the disc, averaged over all directions.
    """
    places = np.concatenate([INNER * radius, radius - BELOW_RIM * limit.scale])
    places = np.maximum(places, RADIUS_OF_4_PX)[:, None]
    border = np.sqrt(np.maximum(radius**2 - (places * np.sin(DIRECTIONS)) ** 2, 0)) - places * np.cos(DIRECTIONS)

    def smoothed(scale: float) -> np.ndarray:
        return 1 - np.exp(-(border**2) / (2 * scale**2)).mean(axis=1)

    shown = smoothed(limit.scale)
    if limit.surroundings is not None:
        shown = shown - smoothed(limit.surroundings * limit.scale)
    return float(shown.max())
