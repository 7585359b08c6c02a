"""What can be told of an image at a glance: its greys, how fine its detail is, and what it resembles."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from semscan.values import CleanImage

_HASH_SIDE, _KEPT = 32, 8
_CROP = 128
_FINE = 2.0  # px: what a blur of this width takes away is fine
_STEADY = 1.5  # px: noise is blurred by this before detail is measured


@dataclass(frozen=True, slots=True)
class Glance:
    """One image at a glance.

    `mean`, `deviation` and `contrast` (0.5 to 99.5 percentile) in shares of full scale; `dark` and `bright` the
    shares of pixels at the lowest and highest level; `detail` the typical size of its structures in pixels.
    `signs` is the perceptual hash, 64 values of -1 or 1; `fine` what is finer than a few pixels in its
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


def glance_at(image: CleanImage, *, eight_bits: bool) -> Glance:
    """Measure the judged rows of an image.

    Parameters
    ----------
    image : CleanImage
    eight_bits : bool
        Whether its file fills 0 to 255, so that only these two levels can be saturated; other files are
        saturated where they stay at their own lowest or highest level.
    """
    values = image.values[image.judged.any(axis=1)]
    low, high = np.percentile(values, (0.5, 99.5))
    ends = (0.0, 1.0) if eight_bits else (float(values.min()), float(values.max()))
    return Glance(
        mean=float(values.mean()),
        deviation=float(values.std()),
        contrast=float(high - low),
        dark=float((values <= ends[0]).mean()),
        bright=float((values >= ends[1]).mean()),
        detail=typical_detail(values),
        signs=_signs(values),
        fine=fine_detail(values),
    )


def fine_detail(values: np.ndarray) -> np.ndarray:
    """What is finer than a few pixels in the middle of an image: noise above all, which no two exposures share.

    Returns
    -------
    ndarray of float16, shape (n,)
        Of length 1, so that a product of two is their correlation; all 0 for a blank image.
    """
    rows, cols = (slice(max(0, (n - _CROP) // 2), max(0, (n - _CROP) // 2) + _CROP) for n in values.shape)
    patch = values[rows, cols]
    rest = patch - cv2.GaussianBlur(patch, (0, 0), _FINE)
    rest -= rest.mean()
    length = float(np.linalg.norm(rest))
    return (rest.ravel() / length if length > 1e-6 else np.zeros(rest.size)).astype(np.float16)


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Of two results of `fine_detail`; 0 when they differ in size."""
    if first.shape != second.shape:
        return 0.0
    return float(np.dot(first.astype(np.float32), second.astype(np.float32)))


def typical_detail(values: np.ndarray) -> float:
    """Typical size of the structures of an image, float32 (rows, cols), in pixels."""
    # one over the mean rate of change, as for the mean frequency of a random signal (S. O. Rice, 1944)
    steady = cv2.GaussianBlur(values, (0, 0), _STEADY)
    change = np.square(np.diff(steady, axis=0)).mean() + np.square(np.diff(steady, axis=1)).mean()
    return float(steady.std() / np.sqrt(max(float(change), 1e-12)))


def _signs(values: np.ndarray) -> np.ndarray:
    """64 signs of the lowest frequencies but the mean (perceptual hash: C. Zauner, thesis, Hagenberg 2010)."""
    small = cv2.resize(values, (_HASH_SIDE, _HASH_SIDE), interpolation=cv2.INTER_AREA)
    low = cv2.dct(small.astype(np.float32))[: _KEPT + 1, : _KEPT + 1].ravel()[1 : _KEPT * _KEPT + 1]
    return np.where(low > np.median(low), 1, -1).astype(np.int8)
