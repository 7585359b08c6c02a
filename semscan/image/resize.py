"""Images brought to the size a classifier was trained at."""

from __future__ import annotations

import cv2
import numpy as np


def fit_within(values: np.ndarray, side: int) -> np.ndarray:
    """Shrink `values`, float (rows, cols), so that its longer side is at most `side`; never enlarge."""
    longest = max(values.shape)
    if longest <= side:
        return values
    rows, cols = (max(1, round(n * side / longest)) for n in values.shape)
    return cv2.resize(values, (cols, rows), interpolation=cv2.INTER_AREA)
