"""Compare the blocks of images, to find the image with a block that is unlike those of all others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import cv2
import numpy as np

from semscan.robust import median_deviation

SIDE = 32  # px
LARGEST = 1024  # px: a larger image is shrunk
_WIDTHS = (1.0, 2.0, 4.0)  # px, of the bands whose energy is compared
_INNER = 0.9  # share of the blocks that define what is usual


def block_features(values: np.ndarray) -> np.ndarray:
    """Describe each block of 32 px by eight features.

    Parameters
    ----------
    values : ndarray of float32, shape (rows, cols)

    Returns
    -------
    ndarray of float32, shape (blocks, 8)
        Mean, darkest and brightest value (smoothed), and the logarithms of the energy in three bands and of the
        change along rows and along columns; blocks overlap by half. An image smaller than a block is one block.
    """
    shrink = min(1.0, LARGEST / max(values.shape))
    if shrink < 1:
        values = cv2.resize(values, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    smooth = [values, *(cv2.GaussianBlur(values, (0, 0), width) for width in _WIDTHS)]
    bands = [np.square(fine - coarse) for fine, coarse in pairwise(smooth)]
    change = [np.square(np.gradient(smooth[1], axis=axis)) for axis in (0, 1)]
    columns = [_over_blocks(values, np.mean), _over_blocks(smooth[2], np.min), _over_blocks(smooth[2], np.max)]
    columns += [np.log(_over_blocks(energy, np.mean) + 1e-7) for energy in (*bands, *change)]
    return np.stack(columns, axis=1).astype(np.float32)


def most_unusual_blocks(features: Sequence[np.ndarray]) -> np.ndarray:
    """Measure how far the most unusual block of each image lies from the usual blocks of all images.

    Parameters
    ----------
    features : sequence of ndarray
        As from `block_features`, one for each image.

    Returns
    -------
    ndarray of float64, shape (images,)
        Logarithm of the Mahalanobis distance of the second most unusual block (a defect touches several of those
        that overlap); the inner nine tenths of all blocks define what is usual.
    """
    pool = np.concatenate(features).astype(np.float64)
    middle = np.median(pool, axis=0)
    scale = np.array([median_deviation(column, centre) for column, centre in zip(pool.T, middle, strict=True)]) + 1e-6
    pool = (pool - middle) / scale
    size = np.square(pool).sum(axis=1)
    # defects, if there are any, lie outside: they must not widen what is usual
    inner = pool[size <= np.quantile(size, _INNER)]
    inverse = np.linalg.inv(np.cov(inner, rowvar=False) + 1e-3 * np.eye(pool.shape[1]))
    distances = []
    for blocks in features:
        offsets = (blocks - middle) / scale
        squared = np.einsum("ij,jk,ik->i", offsets, inverse, offsets)
        distances.append(0.5 * np.log(np.sort(squared)[-min(2, len(squared))] + 1e-9))
    return np.array(distances)


def _over_blocks(values: np.ndarray, reduce: Callable[..., np.ndarray]) -> np.ndarray:
    windows = np.lib.stride_tricks.sliding_window_view(values, (min(SIDE, values.shape[0]), min(SIDE, values.shape[1])))
    return reduce(windows[:: SIDE // 2, :: SIDE // 2], axis=(2, 3)).ravel()
