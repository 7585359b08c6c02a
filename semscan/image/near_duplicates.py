"""What can be told of an image at a glance: its greys, how fine its detail is, and what it resembles."""

from __future__ import annotations

import cv2
import numpy as np

CROP = 128
FINE = 2.0  # px: what a blur of this width takes away is fine


_HASH_SIDE = 32
_KEPT = 8


def fine_detail(values: np.ndarray) -> np.ndarray:
    """What is finer than a few pixels in the middle of an image: noise above all, which no two exposures share.

    Returns
    -------
    ndarray of float16, shape (n,)
        Of length 1, so that a product of two is their correlation; all 0 for a blank image.
    """
    rows, cols = (slice(max(0, (n - CROP) // 2), max(0, (n - CROP) // 2) + CROP) for n in values.shape)
    patch = values[rows, cols]
    rest = patch - cv2.GaussianBlur(patch, (0, 0), FINE)
    rest -= rest.mean()
    length = float(np.linalg.norm(rest))
    return (rest.ravel() / length if length > 1e-6 else np.zeros(rest.size)).astype(np.float16)


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Of two results of `fine_detail`; 0 when they differ in size."""
    if first.shape != second.shape:
        return 0.0
    return float(np.dot(first.astype(np.float32), second.astype(np.float32)))


def perceptual_hash(values: np.ndarray) -> np.ndarray:
    """64 signs of the lowest frequencies but the mean (perceptual hash: C. Zauner, thesis, Hagenberg 2010)."""
    small = cv2.resize(values, (_HASH_SIDE, _HASH_SIDE), interpolation=cv2.INTER_AREA)
    low = cv2.dct(small.astype(np.float32))[: _KEPT + 1, : _KEPT + 1].ravel()[1 : _KEPT * _KEPT + 1]
    return np.where(low > np.median(low), 1, -1).astype(np.int8)
