"""Bring images to the size or the magnification that a network was trained at."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

SAME = 1.02  # magnifications closer than this count as the same: stages and calibrations are no better


def zoom_between(nm_per_pixel: float | None, wanted: float | None) -> float:
    """Return how many times to enlarge an image to have `wanted` nm per pixel; 1 where either is unknown.

    Examples
    --------
    >>> zoom_between(3.0, 2.0), zoom_between(2.01, 2.0), zoom_between(None, 2.0)
    (1.5, 1.0, 1.0)
    """
    if not nm_per_pixel or not wanted or max(nm_per_pixel, wanted) <= SAME * min(nm_per_pixel, wanted):
        return 1.0
    return nm_per_pixel / wanted


@dataclass(frozen=True, slots=True)
class Scale:
    """The magnification at which a network is trained.

    Images are brought to `nm_per_pixel` where theirs is known, and then shrunk to `share` of that size.
    """

    nm_per_pixel: float | None = None
    share: float = 1.0

    def zoom(self, nm_per_pixel: float | None) -> float:
        """Return how many times to enlarge an image of `nm_per_pixel`, which is None if unknown.

        Examples
        --------
        >>> Scale(2.0, 0.5).zoom(3.0), Scale(share=0.5).zoom(None)
        (0.75, 0.5)
        """
        return zoom_between(nm_per_pixel, self.nm_per_pixel) * self.share


def zoomed(values: np.ndarray, zoom: float) -> np.ndarray:
    """Enlarge (or shrink) `values`, float32 (rows, cols), `zoom` times; return the same array for 1."""
    if zoom == 1:
        return values
    rows, cols = zoomed_shape(values.shape, zoom)
    return cv2.resize(values, (cols, rows), interpolation=cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC)


def zoomed_shape(shape: tuple[int, ...], zoom: float) -> tuple[int, int]:
    """Return rows and columns of an image of `shape` after `zoomed`.

    Examples
    --------
    >>> zoomed_shape((100, 31), 0.5)
    (50, 16)
    """
    rows, cols = shape
    return max(1, round(rows * zoom)), max(1, round(cols * zoom))


def fit_within(values: np.ndarray, side: int, largest: int | None = None) -> np.ndarray:
    """Shrink `values`, float (rows, cols), so that its longer side is at most `side`; never enlarge.

    An image longer than `largest` is shrunk as one of that length would be, and stays longer than `side`.
    """
    longest = min(max(values.shape), largest or max(values.shape))
    if longest <= side:
        return values
    rows, cols = (max(1, round(n * side / longest)) for n in values.shape)
    return cv2.resize(values, (cols, rows), interpolation=cv2.INTER_AREA)
