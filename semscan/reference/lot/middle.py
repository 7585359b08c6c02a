"""The image in the robust middle of many dies: without the defects of any, and with less noise than each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from semscan.values import CleanImage

LEAST_OTHERS = 3  # of two values that differ, neither is known to be good
TRIM_SCALE = 1.5  # px: standard deviation of the window in which a die is compared with the others


@dataclass(frozen=True)
class Middle:
    """The robust middle of dies, on the field of a lot.

    `image` is judged where any die shows the place: enough to register another image. `trusted` is bool, shape
    (rows, cols): where three dies show the place, and at least half of all, so that a defect of one is left out.
    """

    image: CleanImage
    trusted: np.ndarray


@dataclass(frozen=True)
class Lot:
    """Images of one place on many dies, brought onto each other.

    `values` is float32, shape (dies, rows, cols): all on the grey scale of the first die, 0 where not `valid`. `valid`
    is bool of that shape: where a die shows the place and is judged.
    """

    values: np.ndarray
    valid: np.ndarray

    def middle(self, without: int | None = None) -> Middle:
        """Compute the robust middle of all dies, or of all but one.

        At each pixel, of n dies (n + 1) // 4 are left out, one after the other: the one that lies farthest from the
        mean of those left, averaged over a window of a few px. The middle is the mean of the others. A median by pixels
        would lie between the good dies on one side of a defect: its noise has another mean there. This mean has not,
        and its noise is lower.

        Parameters
        ----------
        without : int, optional
            Place of the die that does not count.

        Examples
        --------
        >>> values = np.zeros((4, 9, 9), np.float32)
        >>> values[0, 3:6, 3:6] = 1  # a defect of the first die
        >>> lot = Lot(values, np.ones(values.shape, bool))
        >>> float(lot.middle(without=3).image.values.max())
        0.0
        """
        dies = [die for die in range(len(self.values)) if die != without]
        shown = self.valid[dies].sum(axis=0)
        kept = self._kept(dies, shown)
        total = np.zeros(shown.shape, np.float32)
        count = np.zeros(shown.shape, np.float32)
        for die, keep in zip(dies, kept, strict=True):
            np.add(total, self.values[die], out=total, where=keep)
            count += keep
        trusted = (shown >= LEAST_OTHERS) & (2 * shown >= len(dies))
        return Middle(CleanImage(total / np.maximum(count, 1), shown > 0), trusted)

    def _kept(self, dies: Sequence[int], shown: np.ndarray) -> np.ndarray:
        """Return which pixels of which dies count, bool (dies, rows, cols)."""
        kept = self.valid[dies]
        smooth = [_smoothed(self.values[die], self.valid[die]) for die in dies]
        trims = (shown + 1) // 4
        for trim in range(int(trims.max(initial=0))):
            farthest = _farthest(smooth, kept)
            for number, keep in enumerate(kept):
                keep &= (farthest != number) | (trims <= trim)
        return kept


def _smoothed(values: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Average over the valid pixels of a window; values that are not valid are 0."""
    share = cv2.GaussianBlur(valid.astype(np.float32), (0, 0), TRIM_SCALE)
    return cv2.GaussianBlur(values, (0, 0), TRIM_SCALE) / np.maximum(share, np.float32(0.1))


def _farthest(smooth: Sequence[np.ndarray], kept: np.ndarray) -> np.ndarray:
    """Return at each pixel the number of the image that lies farthest from the mean of those that are kept."""
    total = np.zeros(kept.shape[1:], np.float32)
    for image, keep in zip(smooth, kept, strict=True):
        np.add(total, image, out=total, where=keep)
    mean = total / np.maximum(kept.sum(axis=0), 1).astype(np.float32)
    farthest = np.full(mean.shape, -1, np.int32)
    distance = np.full(mean.shape, -1, np.float32)
    for number, (image, keep) in enumerate(zip(smooth, kept, strict=True)):
        own = np.where(keep, np.abs(image - mean), np.float32(-1))
        np.copyto(farthest, number, where=own > distance)
        np.maximum(distance, own, out=distance)
    return farthest
