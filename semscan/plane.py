"""What a two-dimensional array and a large image on disk have in common: a shape, and windows of it."""

from __future__ import annotations

from typing import Protocol

import numpy as np


class Plane(Protocol):
    """Values of the pixels of an image, held as an array or made for each window that is asked for.

    Slices have no step and may reach beyond the end, as those of an array.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns."""

    def __getitem__(self, window: tuple[slice, slice], /) -> np.ndarray:
        """Return the values of some rows and columns, shape (rows, cols)."""


def span(part: slice, side: int) -> tuple[int, int]:
    """Return where a slice without a step begins and ends along a side of so many pixels.

    Examples
    --------
    >>> span(slice(2, 99), 10), span(slice(None), 10), span(slice(-3, None), 10)
    ((2, 10), (0, 10), (7, 10))
    """
    start, stop, _ = part.indices(side)
    return start, max(start, stop)


class TopRows:
    """The first rows of a plane, as a plane."""

    def __init__(self, plane: Plane, rows: int) -> None:
        self._plane = plane
        self.shape = (rows, plane.shape[1])

    def __getitem__(self, window: tuple[slice, slice]) -> np.ndarray:
        """Return a window of these rows."""
        top, bottom = span(window[0], self.shape[0])
        return self._plane[slice(top, bottom), window[1]]


class JudgedRows:
    """True in the first `judged` rows of an image, False below, where its data bar is."""

    def __init__(self, shape: tuple[int, int], judged: int) -> None:
        self.shape = shape
        self.judged = judged

    def __getitem__(self, window: tuple[slice, slice]) -> np.ndarray:
        """Return a window, bool."""
        (top, bottom), (left, right) = (span(part, side) for part, side in zip(window, self.shape, strict=True))
        return np.broadcast_to(np.arange(top, bottom)[:, None] < self.judged, (bottom - top, right - left)).copy()

    def mean(self) -> float:
        """Return the share of the image that is judged."""
        return self.judged / self.shape[0]
