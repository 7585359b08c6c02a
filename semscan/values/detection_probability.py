"""The fitted probability of detection. Apart from the values themselves, since it needs NumPy and `--help` must not."""

from __future__ import annotations

import math

import numpy as np

from semscan.values.detection import DetectionCurve


def probability(curve: DetectionCurve, sizes_px: np.ndarray, contrast: float | None = None) -> np.ndarray:
    """Return the fitted probability of detection, 0 to 1, shape of `sizes_px`; without a contrast, over all."""
    if contrast is None:
        odds = curve.any_contrast[0] + curve.any_contrast[1] * np.log(sizes_px)
    else:
        odds = curve.coefficients[0] + curve.coefficients[1] * np.log(sizes_px)
        odds = odds + curve.coefficients[2] * math.log(contrast)
    return 1 / (1 + np.exp(-odds))
