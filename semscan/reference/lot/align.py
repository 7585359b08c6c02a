"""Align the images of a lot: one field for all, each image brought onto it in its place and its grey levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from semscan.reference.die.drift import follow_drift
from semscan.reference.die.residual import wide_mean
from semscan.reference.die.tone import match_by_pixel
from semscan.reference.die.warp import Warp
from semscan.reference.lot.middle import LEAST_OTHERS, Lot
from semscan.robust import median_deviation
from semscan.values import CleanImage

LEAST_SHARE = 0.02  # of the field: fewer pixels hold too few grey levels to match
ROUNDS = 2  # the first aligns to one image, the second to the middle of all


def align_lot(images: Sequence[CleanImage], warps: Sequence[Warp]) -> Lot:
    """Bring images of one place onto each other.

    Each is registered to the first, and given its grey levels. Then each is registered again, to the middle of all:
    it shows what lies outside of the first image, and no single drift.

    Parameters
    ----------
    images : sequence of CleanImage
        At least 4. Sizes may differ.
    warps : sequence of Warp
        From pixels of the first image to those of each, affine; see `same_place`.

    Returns
    -------
    Lot
        On the field that three of the images reach. An image that hardly reaches it is valid nowhere.
    """
    corner, shape = _field(images, warps)
    warps = [_moved(warp, corner) for warp in warps]
    frame = _on_field(images[0], warps[0], shape)
    for _ in range(ROUNDS):
        lot = _aligned(images, warps, frame)
        frame = lot.middle().image
    return lot


def _field(images: Sequence[CleanImage], warps: Sequence[Warp]) -> tuple[np.ndarray, tuple[int, int]]:
    """Return the box that three of the images reach on each side: its corner (x, y) in the first image, its shape."""
    lows = []
    highs = []
    for image, warp in zip(images, warps, strict=True):
        rows, cols = image.values.shape
        corners = np.array([[0, 0], [cols - 1, 0], [0, rows - 1], [cols - 1, rows - 1]], np.float64)
        back = cv2.invertAffineTransform(warp.matrix)
        there = corners @ back[:, :2].T + back[:, 2]
        lows.append(there.min(axis=0))
        highs.append(there.max(axis=0))
    low = np.floor(np.sort(lows, axis=0)[LEAST_OTHERS - 1])
    high = np.ceil(np.sort(highs, axis=0)[-LEAST_OTHERS])
    cols, rows = (int(size) for size in high - low + 1)
    return low, (rows, cols)


def _moved(warp: Warp, corner: np.ndarray) -> Warp:
    """Return the warp from pixels of a field whose corner lies at (x, y) in the first image."""
    matrix = warp.matrix.copy()
    matrix[:, 2] += matrix[:, :2] @ corner
    return replace(warp, matrix=matrix)


def _on_field(image: CleanImage, warp: Warp, shape: tuple[int, int]) -> CleanImage:
    judged = warp.apply(image.judged.astype(np.float32), shape) > 0.99
    return CleanImage(np.where(judged, warp.apply(image.values, shape), np.float32(0)), judged)


def _aligned(images: Sequence[CleanImage], warps: Sequence[Warp], frame: CleanImage) -> Lot:
    """Align each image to the frame by a smooth flow, and give it the frame's grey levels and shading."""
    shape: tuple[int, int] = frame.values.shape
    values = np.zeros((len(images), *shape), np.float32)
    valid = np.zeros(values.shape, bool)
    for place, (image, warp) in enumerate(zip(images, warps, strict=True)):
        moved = _on_field(image, follow_drift(frame, image, warp), shape)
        common = moved.judged & frame.judged
        if common.mean() < LEAST_SHARE:
            continue
        matched = match_by_pixel(frame.values, moved.values, common)
        # without this, the middle would have a step where an image of another shading ends
        matched += _shading(frame.values - matched, common)
        values[place] = np.where(moved.judged, matched, 0)
        valid[place] = moved.judged
    return Lot(values, valid)


def _shading(difference: np.ndarray, common: np.ndarray) -> np.ndarray:
    """Return the mean of a difference over wide windows, clipped so that defects count little."""
    usual = 3 * median_deviation(difference[common])
    weight = common.astype(np.float32)
    mean = wide_mean(np.clip(difference, -usual, usual) * weight) / np.maximum(wide_mean(weight), np.float32(0.05))
    return cv2.resize(mean, difference.shape[::-1])
