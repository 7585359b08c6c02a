"""The smallest defect that would have been seen in an image, from its own noise, without painting any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from semscan.values.detection import STATED_CONTRAST

SIZES = np.geomspace(2.3, 64.0, 200)  # px; a region has at least 4 px, as a disc of 2.3 px
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
    """Return the diameter from which a round, even defect of this contrast is found nine times in ten.

    The smoothed residual in the middle of a disc of diameter d is the contrast times 1 - exp(-d^2 / 8 s^2) at the scale
    s; the best scale counts.

    Parameters
    ----------
    limits : sequence of ScaleLimit
    contrast : float
        Share of the grey scale.

    Returns
    -------
    float or None
        Pixels; None where no size up to 64 px is.
    """
    seen = np.zeros(SIZES.size, bool)
    for limit in limits:
        response = 1 - np.exp(-(SIZES**2) / (8 * limit.scale**2))
        if limit.surroundings is not None:
            response -= 1 - np.exp(-(SIZES**2) / (8 * (limit.surroundings * limit.scale) ** 2))
        seen |= contrast * response >= (limit.threshold + NINE_IN_TEN) * limit.spread
    return float(SIZES[int(np.argmax(seen))]) if seen.any() else None
