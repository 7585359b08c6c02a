"""The pixels of a polygon that a person has drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from semscan.values import Box


def polygon_pixels(corners: Sequence[tuple[float, float]], shape: tuple[int, ...]) -> tuple[Box, np.ndarray] | None:
    """Return the pixels whose centre lies in a polygon (even-odd rule), cut to the image.

    A polygon too thin for any centre is the pixel of its middle.

    Parameters
    ----------
    corners : sequence of (x, y)
        In px from the top left corner of the image; the first pixel reaches from 0 to 1.
    shape : (int, int)
        Rows and columns of the image.

    Returns
    -------
    (Box, ndarray of bool) or None
        The smallest box around the pixels, and the pixels in it; None if the polygon lies outside the image.

    Examples
    --------
    >>> box, inside = polygon_pixels([(1, 1), (3, 1), (3, 2), (1, 2)], (5, 5))
    >>> box, inside.tolist()
    (Box(top=1, left=1, bottom=2, right=3), [[True, True]])
    """
    x, y = np.array(corners, np.float64).T
    first = max(0, math.floor(y.min()))
    left = max(0, math.floor(x.min()))
    height = min(shape[0], math.ceil(y.max())) - first
    width = min(shape[1], math.ceil(x.max())) - left
    inside = np.zeros((max(0, height), max(0, width)), bool)
    for row in range(height if width > 0 else 0):
        crossings = np.ceil(_crossings(x, y, first + row + 0.5) - 0.5 - left).clip(0, width).astype(np.intp)
        inside[row] = np.cumsum(np.bincount(crossings, minlength=width + 1)[:width]) % 2 == 1
    if not inside.any():
        return _middle(x, y, shape)
    rows, cols = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    window = slice(rows[0], rows[-1] + 1), slice(cols[0], cols[-1] + 1)
    box = Box(first + int(rows[0]), left + int(cols[0]), first + int(rows[-1]) + 1, left + int(cols[-1]) + 1)
    return box, inside[window]


def _crossings(x: np.ndarray, y: np.ndarray, level: float) -> np.ndarray:
    """Return where the edges of a polygon cross a row, x of each."""
    x_next, y_next = np.roll(x, -1), np.roll(y, -1)
    crosses = (y <= level) != (y_next <= level)
    start, end = y[crosses], y_next[crosses]
    return x[crosses] + (level - start) / (end - start) * (x_next[crosses] - x[crosses])


def _middle(x: np.ndarray, y: np.ndarray, shape: tuple[int, ...]) -> tuple[Box, np.ndarray] | None:
    row, col = math.floor((y.min() + y.max()) / 2), math.floor((x.min() + x.max()) / 2)
    if not (0 <= row < shape[0] and 0 <= col < shape[1]):
        return None
    return Box(row, col, row + 1, col + 1), np.ones((1, 1), bool)
