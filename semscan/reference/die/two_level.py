"""Compare two images of two grey levels by the places of their outlines: layouts, boards and binarised images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

BETWEEN = 0.2  # of the range: a pixel that is farther from both levels is of neither
MOST_BETWEEN = 6e-3  # share of the pixels off the outlines; a defect may be of neither level
OUTLINE = 3  # px on both sides of an outline, where pixels may be of neither
LEAST_RANGE = 0.2  # between the levels; grey levels are 0 to 1
# Of the range: largest median deviation of the pixels from their own level. With more noise, grey levels are compared.
NOISELESS = 0.0015
MOVED = 1.9  # px that outlines of good images may lie apart
USUAL = 0.75  # quantile of the distances between the outlines of the two images
UNRELATED = 8.0  # px: outlines farther apart are not the same outline
THIN = 1.0  # px that a difference one pixel wide must be deeper
DEEPEST = 50.0  # px: what is deeper is nowhere near an outline
CLOSE = 5  # px: pieces of a difference that are closer are one


@dataclass(frozen=True, slots=True)
class OutlineDifferences:
    """How far outlines lie apart: `depth` in px, float32, 0 or more; `most` is what good images reach, px."""

    depth: np.ndarray
    most: float


class Levels(NamedTuple):
    """An image of two grey levels: where it has the `higher` one, and where it has `neither`; bool (rows, cols)."""

    higher: np.ndarray
    neither: np.ndarray


def two_levels(values: np.ndarray, judged: np.ndarray) -> Levels | None:
    """Return where an image has which of its two grey levels; None where it has more than two.

    Parameters
    ----------
    values : ndarray of float32, shape (rows, cols)
        Grey levels 0 to 1.
    judged : ndarray of bool, same shape
    """
    low, high = np.percentile(values[judged], (0.5, 99.5))
    if high - low < LEAST_RANGE:
        return None
    above = values > (low + high) / 2
    if not (judged & above).any() or not (judged & ~above).any():
        return None
    low, high = (float(np.median(values[judged & part])) for part in (~above, above))
    reach = np.ones((2 * OUTLINE - 1, 2 * OUTLINE - 1), np.uint8)
    off = judged & (cv2.dilate(_outline(above.astype(np.uint8)), reach) == 0)
    error = np.minimum(np.abs(values - low), np.abs(values - high)) / np.float32(high - low)
    away = error > BETWEEN
    if not off.any() or away[off].mean() > MOST_BETWEEN or np.median(error[off]) > NOISELESS:
        return None
    return Levels(values > (low + high) / 2, away & off)


def compare_outlines(ours: Levels, theirs: Levels, common: np.ndarray) -> OutlineDifferences:
    """Measure how deep each difference of two aligned images reaches beyond the outlines of the other image.

    Parameters
    ----------
    ours, theirs : Levels
        Of the image and of its reference.
    common : ndarray of bool, same shape
        Where both are judged.

    Returns
    -------
    OutlineDifferences
        The depth of a difference is the distance of its pixels from where the other image has their level. Where
        three quarters of all outlines lie closer than 1.9 px, good images reach 1.9 px; else they reach that distance.
    """
    depth = np.where(common, _depth(ours.higher, theirs.higher), 0).astype(np.float32)
    third = np.where(common, _depth(ours.neither, theirs.neither), 0).astype(np.float32)
    first, second = (levels.higher.astype(np.uint8) for levels in (ours, theirs))
    apart = _distance(_outline(second))[(_outline(first) > 0) & common]
    related = apart[apart <= UNRELATED]
    usual = float(np.quantile(related, USUAL)) if related.size else 0.0
    depth = np.maximum.reduce([_wide(depth), depth - np.float32(THIN), _wide(third)])
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (CLOSE, CLOSE))
    depth = cv2.morphologyEx(depth, cv2.MORPH_CLOSE, kernel, borderType=cv2.BORDER_REPLICATE)
    return OutlineDifferences(np.where(common, depth, 0), max(MOVED, usual))


def _depth(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Return how far each pixel that only one image has lies from the pixels of the other, px; 0 elsewhere."""
    depth = np.zeros(ours.shape, np.float32)
    for part, other in ((ours, theirs), (theirs, ours)):
        only = part & ~other
        depth[only] = np.minimum(_distance(other.astype(np.uint8))[only], DEEPEST)
    return depth


def _wide(depth: np.ndarray) -> np.ndarray:
    """Return the depth of what is at least two pixels wide and high; 0 elsewhere."""
    square = np.ones((2, 2), np.uint8)  # opened with it by hand: OpenCV would move the result by one pixel
    return cv2.dilate(cv2.erode(depth, square, anchor=(0, 0)), square, anchor=(1, 1))


def _distance(part: np.ndarray) -> np.ndarray:
    """Return the distance of each pixel from the pixels that are not 0, px."""
    return cv2.distanceTransform(1 - part, cv2.DIST_L2, 5)


def _outline(part: np.ndarray) -> np.ndarray:
    return cv2.morphologyEx(part, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
