"""Where a change of an image is visible above its noise."""

from __future__ import annotations

import cv2
import numpy as np


def visible(before: np.ndarray, after: np.ndarray, mask: np.ndarray, noise: float, whole: bool) -> np.ndarray:
    """Mark where a change is visible: above the noise that remains after a 3 px blur.

    Parameters
    ----------
    before, after : ndarray of float32, shape (rows, cols)
    mask : ndarray of float32, same shape
        How much of the change covers each pixel, 0 to 1.
    noise : float
        Standard deviation of a pixel.
    whole : bool
        Mark the whole shape where a quarter of it is visible.

    Returns
    -------
    ndarray of float32, shape (rows, cols)
        1 where the change is visible, else 0.
    """
    change = np.abs(cv2.GaussianBlur(after - before, (0, 0), 1.0))
    shown = (change > max(0.03, 0.7 * noise)) & (mask > 0.15)
    if whole and shown.sum() > 0.25 * (mask > 0.5).sum():
        return ((mask > 0.5) | shown).astype(np.float32)
    # single pixels are noise, and gaps of a pixel or two belong to the defect
    shown = cv2.morphologyEx(shown.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    shown = cv2.morphologyEx(shown, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    return shown.astype(np.float32) if shown.sum() >= 6 else np.zeros_like(after)
