"""The smallest defect that would be seen in a periodic image: discs are painted into its residuals and scored."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np

from semscan.reference.cell.standardise import Deviation, largest_of
from semscan.values.detection import STATED_CONTRAST
from semscan.values.evidence import Evidence

SIZES = (2.5, 3.5, 5.0, 7.0, 10.0, 14.0, 20.0, 28.0)  # px, diameters
EACH = 8  # discs of each size, at least
MOST_PASSES = 8
SPACING = 64  # px from disc to disc: farther than the largest one and its smoothed rim reach
SIDE = 640  # px of the part of a large image into which discs are painted
EDGE = 0.5  # px
NEAR = 3  # px around a disc, in which its region may lie
LEAST_AREA = 4  # px of a region
NINE_IN_TEN = 0.9


class Spot(NamedTuple):
    """A disc of a diameter, px, around a point, px; `sign` 1 is brighter than the image, -1 is darker."""

    row: int
    col: int
    size: float
    sign: int


def painted_size(
    evidence: Evidence,
    deviations: Sequence[Deviation],
    thresholds: Sequence[float],
    score: Callable[[Evidence], np.ndarray],
    used: Sequence[int],
) -> float | None:
    """Return the diameter from which round, even defects of a contrast of 0.2 are found nine times in ten.

    Smoothing and standardising are linear, and neither the golden reference nor the usual deviations change much with
    a single defect. So discs are added to what is known already: to the image, and smoothed to its residuals.

    Parameters
    ----------
    evidence : Evidence
        Of the image, arrays of shape (rows, cols).
    deviations : sequence of Deviation
        At all scales.
    thresholds : sequence of float
        The value of each that chance reaches.
    score : callable
        Raw scores of an evidence, float32 (rows, cols), 1 at the threshold.
    used : sequence of int
        Which of `deviations` are those of the evidence.

    Returns
    -------
    float or None
        Pixels; all larger discs up to 28 px are found so often too. None where no size is.
    """
    window = _middle(evidence.image.shape)
    part = replace(
        evidence,
        image=evidence.image[window],
        reference=evidence.reference[window],
        chance=evidence.chance[window],
        judged=evidence.judged[window],
    )
    scales = [Deviation(one.scale, one.values[window], one.usual[window]) for one in deviations]
    rng = np.random.default_rng(0)
    found = {size: [0, 0] for size in SIZES}
    for _ in range(MOST_PASSES):
        spots = _spots(part, rng)
        painted = _paint(part.image.shape, spots)
        values = [one.values + cv2.GaussianBlur(painted, (0, 0), one.scale) / one.usual for one in scales]
        chance = largest_of(values, thresholds, part.judged)
        fine, middle, coarse = (values[number] for number in used)
        raw = score(replace(part, image=part.image + painted, deviations=(fine, middle, coarse), chance=chance))
        for spot in spots:
            reach = math.ceil(spot.size / 2) + NEAR
            near = raw[max(0, spot.row - reach) : spot.row + reach + 1, max(0, spot.col - reach) : spot.col + reach + 1]
            found[spot.size][0] += int((near > 1).sum()) >= LEAST_AREA
            found[spot.size][1] += 1
        if not spots or min(tried for _, tried in found.values()) >= EACH:
            break
    return _smallest({size: hits / tried for size, (hits, tried) in found.items() if tried})


def _middle(shape: tuple[int, ...]) -> tuple[slice, ...]:
    """Return a window of at most `SIDE` in the middle."""
    starts = [max(0, (side - SIDE) // 2) for side in shape]
    return tuple(slice(start, start + SIDE) for start in starts)


def _spots(part: Evidence, rng: np.random.Generator) -> list[Spot]:
    """Choose spots on a shifted grid of which all pixels are judged; the sizes take turns."""
    first = rng.integers(SPACING // 4, 3 * SPACING // 4 + 1, 2)
    sizes = rng.permutation(SIZES)
    spots: list[Spot] = []
    for row in range(first[0], part.image.shape[0], SPACING):
        for col in range(first[1], part.image.shape[1], SPACING):
            size = float(sizes[len(spots) % len(sizes)])
            reach = math.ceil(size / 2)
            if row < reach or col < reach:
                continue
            around = np.s_[row - reach : row + reach + 1, col - reach : col + reach + 1]
            if part.judged[around].shape != (2 * reach + 1, 2 * reach + 1) or not part.judged[around].all():
                continue
            level = float(part.image[around].mean())
            can = [sign for sign in (-1, 1) if 0 <= level + sign * STATED_CONTRAST <= 1] or [1 if level < 0.5 else -1]
            spots.append(Spot(row, col, size, int(rng.choice(can))))
    return spots


def _paint(shape: tuple[int, ...], spots: Sequence[Spot]) -> np.ndarray:
    """Draw the discs, with soft rims, on a plane of 0, float32."""
    painted = np.zeros(shape, np.float32)
    for row, col, size, sign in spots:
        reach = math.ceil(size / 2) + 3
        top, left = max(0, row - reach), max(0, col - reach)
        rows, cols = np.ogrid[top : min(shape[0], row + reach + 1), left : min(shape[1], col + reach + 1)]
        disc = 1 / (1 + np.exp((np.hypot(rows - row, cols - col) - size / 2) / EDGE))
        painted[top : top + disc.shape[0], left : left + disc.shape[1]] += sign * STATED_CONTRAST * disc
    return painted


def _smallest(shares: dict[float, float]) -> float | None:
    """Return the size from which all shares are nine in ten, between two sizes by its logarithm."""
    sizes = sorted(shares)
    low = [number for number, size in enumerate(sizes) if shares[size] < NINE_IN_TEN]
    if not sizes or (low and low[-1] == len(sizes) - 1):
        return None
    if not low:
        return sizes[0]
    below, above = sizes[low[-1]], sizes[low[-1] + 1]
    part = (NINE_IN_TEN - shares[below]) / (shares[above] - shares[below])
    return float(below * (above / below) ** part)
