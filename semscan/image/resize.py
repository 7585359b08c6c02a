"""Images brought to the size or the magnification that a network was trained at."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

SAME = 1.02  # magnifications nearer than this are one: stages and calibrations are no better


def zoom_between(own: float | None, wanted: float | None) -> float:
    """How much an image of `own` nm per pixel is to be enlarged to be at `wanted`; 1 where either is unknown.

    Examples
    --------
    >>> zoom_between(3.0, 2.0), zoom_between(2.01, 2.0), zoom_between(None, 2.0)
    (1.5, 1.0, 1.0)
    """
    if not own or not wanted or max(own, wanted) <= SAME * min(own, wanted):
        return 1.0
    return own / wanted


@dataclass(frozen=True, slots=True)
class Scale:
    """At what size a network sees images: `share` of their own, or of that at `nm_per_pixel` where theirs is known."""

    nm_per_pixel: float | None = None
    share: float = 1.0

    def zoom(self, own: float | None) -> float:
        """How much an image of `own` nm per pixel is to be enlarged.

        Examples
        --------
        >>> Scale(2.0, 0.5).zoom(3.0), Scale(share=0.5).zoom(None)
        (0.75, 0.5)
        """
        return zoom_between(own, self.nm_per_pixel) * self.share


def zoomed(values: np.ndarray, zoom: float) -> np.ndarray:
    """Enlarge (or shrink) `values`, float32 (rows, cols), `zoom` times; the very same array for 1."""
    if zoom == 1:
        return values
    rows, cols = zoomed_shape(values.shape, zoom)
    return cv2.resize(values, (cols, rows), interpolation=cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC)


def zoomed_shape(shape: tuple[int, ...], zoom: float) -> tuple[int, int]:
    """Rows and columns of an image of `shape` after `zoomed`.

    Examples
    --------
    >>> zoomed_shape((100, 31), 0.5)
    (50, 16)
    """
    rows, cols = shape
    return max(1, round(rows * zoom)), max(1, round(cols * zoom))


def fit_within(values: np.ndarray, side: int, largest: int | None = None) -> np.ndarray:
    """Shrink `values`, float (rows, cols), so that its longer side is at most `side`; never enlarge.

    One that is longer than `largest` is shrunk as an image of that length would be, and stays longer than `side`.
    """
    longest = min(max(values.shape), largest or max(values.shape))
    if longest <= side:
        return values
    rows, cols = (max(1, round(n * side / longest)) for n in values.shape)
    return cv2.resize(values, (cols, rows), interpolation=cv2.INTER_AREA)
