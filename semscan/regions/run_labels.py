"""The pixels of regions as runs along rows, from which any window of their label image is made."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from semscan.plane import span


class RunLabels:
    """The label image of regions in a large image, as a plane; see `semscan.plane.Plane`.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the image.
    runs : sequence of ndarray of int, shape (n, 3)
        Of each region: row, first column, and the column after the last of each of its runs.
    """

    def __init__(self, shape: tuple[int, int], runs: Sequence[np.ndarray]) -> None:
        self.shape = shape
        labels = np.repeat(np.arange(1, len(runs) + 1, dtype=np.int32), [len(of_region) for of_region in runs])
        whole = np.concatenate([*runs, np.zeros((0, 3), np.int32)])
        order = np.argsort(whole[:, 0], kind="stable")
        self._runs = np.column_stack([whole, labels])[order]

    def __getitem__(self, window: tuple[slice, slice]) -> np.ndarray:
        """Return a window, int32: n at the pixels of region n, counted from 1, and 0 elsewhere."""
        (top, bottom), (left, right) = (span(part, side) for part, side in zip(window, self.shape, strict=True))
        values = np.zeros((bottom - top, right - left), np.int32)
        first, last = np.searchsorted(self._runs[:, 0], (top, bottom))
        for row, start, stop, label in self._runs[first:last]:
            if start < right and stop > left:
                values[row - top, max(start - left, 0) : stop - left] = label
        return values
