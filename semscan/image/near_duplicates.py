"""Recognise images of the same place: by their noise (copies) and by their lowest frequencies (similar views)."""

from __future__ import annotations

import cv2
import numpy as np

from semscan.image.tiling import centre_window

CROP = 128
FINE = 2.0  # px: width of the blur that removes fine detail
_HASH_SIDE = 32
_KEPT = 8


def fine_detail(values: np.ndarray) -> np.ndarray:
    """Return the finest detail in the middle of an image: mostly noise, which no two exposures share.

    Returns
    -------
    ndarray of float16, shape (n,)
        Of length 1, so that a product of two is their correlation; all 0 for a blank image.
    """
    middle = values[centre_window(values.shape, CROP)]
    detail = middle - cv2.GaussianBlur(middle, (0, 0), FINE)
    detail -= detail.mean()
    length = float(np.linalg.norm(detail))
    return (detail.ravel() / length if length > 1e-6 else np.zeros(detail.size)).astype(np.float16)


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Correlate two results of `fine_detail`, -1 to 1; 0 when they differ in size."""
    if first.shape != second.shape:
        return 0.0
    return float(np.dot(first.astype(np.float32), second.astype(np.float32)))


def perceptual_hash(values: np.ndarray) -> np.ndarray:
    """Return the signs of the 64 lowest frequencies, without the mean, int8 -1 or 1.

    References
    ----------
    C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", thesis, Hagenberg 2010.
    """
    small = cv2.resize(values, (_HASH_SIDE, _HASH_SIDE), interpolation=cv2.INTER_AREA)
    low = cv2.dct(small.astype(np.float32))[: _KEPT + 1, : _KEPT + 1].ravel()[1 : _KEPT * _KEPT + 1]
    return np.where(low > np.median(low), 1, -1).astype(np.int8)
