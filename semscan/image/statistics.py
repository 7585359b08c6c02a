"""Statistics of one image, by which the images of a data set are compared."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from semscan.image.filling.inpaint import inpaint_ignored
from semscan.image.near_duplicates import fine_detail, perceptual_hash
from semscan.values import CleanImage

_NOISE_BLUR = 1.5  # px: width of the blur that removes noise before detail is measured


@dataclass(frozen=True, slots=True)
class ImageStatistics:
    """Statistics of one image.

    `mean`, `deviation` (standard) and `contrast` (0.5 to 99.5 percentile) are shares of full scale. `dark` and
    `bright` are the shares of pixels at the lowest and highest level. `detail` is the typical size of its
    structures in pixels. `signs` is the perceptual hash, 64 values of -1 or 1. `fine` is the finest detail in its
    middle, float16, of length 1.
    """

    mean: float
    deviation: float
    contrast: float
    dark: float
    bright: float
    detail: float
    signs: np.ndarray
    fine: np.ndarray


def image_statistics(image: CleanImage, *, eight_bits: bool) -> ImageStatistics:
    """Measure the judged pixels of an image; hash and detail are those of its judged rows without what is ignored.

    Parameters
    ----------
    image : CleanImage
    eight_bits : bool
        Whether its file fills 0 to 255, so that only these two levels can be saturated; other files are
        saturated where they stay at their own lowest or highest level.
    """
    rows = image.judged.any(axis=1)
    values, judged = image.values[rows], image.judged[rows]
    shown = values if judged.all() else _without_ignored(values, judged)
    values = values[judged]
    low, high = np.percentile(values, (0.5, 99.5))
    ends = (0.0, 1.0) if eight_bits else (float(values.min()), float(values.max()))
    return ImageStatistics(
        mean=float(values.mean()),
        deviation=float(values.std()),
        contrast=float(high - low),
        dark=float((values <= ends[0]).mean()),
        bright=float((values >= ends[1]).mean()),
        detail=typical_detail(shown),
        signs=perceptual_hash(shown),
        fine=fine_detail(shown),
    )


def _without_ignored(values: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """Return an image with what is ignored filled from around it, or flat where that cannot be done."""
    filled = inpaint_ignored(values, judged)
    return np.where(~judged & (filled == values), values[judged].mean(), filled).astype(values.dtype)


def typical_detail(values: np.ndarray) -> float:
    """Estimate the typical size of the structures of an image, float32 (rows, cols), in pixels."""
    # one over the mean rate of change, as for the mean frequency of a random signal (S. O. Rice, 1944)
    smooth = cv2.GaussianBlur(values, (0, 0), _NOISE_BLUR)
    change = np.square(np.diff(smooth, axis=0)).mean() + np.square(np.diff(smooth, axis=1)).mean()
    return float(smooth.std() / np.sqrt(max(float(change), 1e-12)))
