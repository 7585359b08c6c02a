"""Standardise a residual: divide it by the usual deviation of the same lattice position in the other cells.

A small window around a defect would measure the defect itself and so erase it; the same position in all
the other cells does not contain it. Dose is low, so the residual is smoothed to the size of defects:
a few sizes, each in its own units.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from semscan.reference.cell.golden_image import Grid, make_grid
from semscan.reference.cell.phase_map import PhaseMap

SCALES = (1.0, 1.6, 2.5, 4.0)  # px, standard deviations of the smoothing
QUANTILES = ((0.683, 1.0), (0.9, 1.645), (0.954, 2.0))  # of a normal deviate's size, and their values in sigmas
FEWEST_CELLS = 3
NEGLIGIBLE = 0.01  # of the image's standard deviation: smallest deviation that counts
MOST_CELLS = 2000
SEAM = 7  # px
SMALLEST_SPREAD = 0.25  # of the typical one: where all cells agree by chance the quotient must stay finite


class Deviation(NamedTuple):
    """A residual at one scale.

    `scale` is the standard deviation of the smoothing, px. `values` are float32 (rows, cols), about normal deviates in
    a good image, the sign kept. `usual` is the deviation in whose units they are, float32, on the grey scale of the
    residual.
    """

    scale: float
    values: np.ndarray
    usual: np.ndarray


def standardise(
    residual: np.ndarray,
    phase_map: PhaseMap,
    judged: np.ndarray,
    scales: Sequence[float] = SCALES,
    *,
    image_deviation: float,
) -> list[Deviation]:
    """Subtract the usual mean of each lattice position from the residual, and divide by its usual deviation.

    Parameters
    ----------
    residual : ndarray of float32, shape (rows, cols)
        Image less reference.
    phase_map : PhaseMap
    judged : ndarray of bool, shape (rows, cols)
    scales : sequence of float
        Standard deviations of the smoothing, px.
    image_deviation : float
        Standard deviation of the image's grey levels; in an image without noise, differences below
        a hundredth of it do not count.

    Returns
    -------
    list of Deviation
        For each scale.
    """
    positions = phase_map.positions()
    weight = judged.astype(np.float32)
    whole = bool(judged.all())
    deviations = []
    for scale in scales:
        smooth = _smoothed(residual, weight, scale, whole)
        # a smoothed residual changes slowly: fewer samples of a cell hold as much
        grid = make_grid(phase_map, judged, 1.0 / max(1.0, 0.7 * scale), positions)
        middle, spread = position_statistics(grid.take(smooth), grid, NEGLIGIBLE * image_deviation)
        usual = grid.put(spread)
        deviations.append(Deviation(scale, (smooth - grid.put(middle)) / usual, usual))
    return deviations


def largest_of(values: Sequence[np.ndarray], thresholds: Sequence[float], judged: np.ndarray) -> np.ndarray:
    """Return the largest of standardised residuals, each in multiples of its own threshold; float32, 0 or more.

    In units of its own threshold, each scale counts the same: a defect shows at the scale of its size.
    """
    largest = np.zeros(judged.shape, np.float32)
    for one, threshold in zip(values, thresholds, strict=True):
        np.maximum(largest, np.abs(one) / np.float32(threshold), out=largest)
    # between the too bright and the too dark part of a defect the residual crosses zero: fill that seam
    largest = cv2.morphologyEx(largest, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (SEAM, SEAM)))
    largest[~judged] = 0
    return largest


def position_statistics(layout: np.ndarray, grid: Grid, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Compute median and robust deviation (`least` or more) over all cells of each lattice position.

    Both are repeated in every cell of the layout.
    """
    values = grid.by_position(layout, MOST_CELLS)
    inside = grid.by_position(grid.inside, MOST_CELLS)
    counts = np.maximum(inside.sum(axis=1), 1)
    # samples outside of the image sort to the end, behind the first `counts` values
    ordered = np.sort(np.where(inside, values, np.inf), axis=1)
    middle = _quantile(ordered, counts, 0.5)
    sizes = np.sort(np.where(inside, np.abs(values - middle[:, None]), np.inf), axis=1)
    # the largest of three estimates: heavy tails, as of rough edges, show in the outer quantiles alone
    spread = np.max([_quantile(sizes, counts, share) / sigmas for share, sigmas in QUANTILES], axis=0)
    known = np.isfinite(spread) & (counts >= FEWEST_CELLS)
    typical = float(np.median(spread[known])) if known.any() else 1.0
    spread = np.where(known, spread, typical)
    spread = np.maximum(_smooth_in_cell(spread, grid), max(SMALLEST_SPREAD * typical, least, 1e-6))
    return _in_every_cell(np.where(known, middle, 0.0), grid), _in_every_cell(spread, grid)


def _in_every_cell(cell: np.ndarray, grid: Grid) -> np.ndarray:
    return np.tile(cell.reshape(grid.samples), grid.cells).astype(np.float32)


def _smooth_in_cell(spread: np.ndarray, grid: Grid) -> np.ndarray:
    """Smooth a spread over neighbouring lattice positions: few cells give a noisy estimate of it."""
    s1, s2 = grid.samples
    lines = s2 == 1
    cell = (spread**2).reshape(grid.samples).astype(np.float32)
    # a cell continues in the next one: smooth three by three cells and keep the one in the middle
    smooth = cv2.GaussianBlur(np.tile(cell, (3, 1 if lines else 3)), (0, 0), 1.0)
    middle = slice(0, 1) if lines else slice(s2, 2 * s2)
    return np.sqrt(smooth[s1 : 2 * s1, middle]).reshape(-1)


def _quantile(ordered: np.ndarray, counts: np.ndarray, share: float) -> np.ndarray:
    """Compute a quantile of the first `counts` values of each row, linear between them."""
    rank = share * (counts - 1)
    below = np.floor(rank).astype(int)
    above = np.minimum(below + 1, counts - 1)
    rows = np.arange(len(ordered))
    low = ordered[rows, below]
    high = ordered[rows, above]
    return low + (high - low) * (rank - below)


def _smoothed(residual: np.ndarray, weight: np.ndarray, scale: float, whole: bool) -> np.ndarray:
    """Smooth the judged residual; near a border the deviation of white noise stays as it is elsewhere."""
    size = 2 * math.ceil(3.5 * scale) + 1
    if not whole:
        residual = residual * weight
    total = cv2.GaussianBlur(residual, (size, size), scale, borderType=cv2.BORDER_CONSTANT)
    # variance of a sum of white noise: the weights squared, which is a blur at scale / sqrt(2)
    share = cv2.GaussianBlur(weight, (0, 0), scale / math.sqrt(2), borderType=cv2.BORDER_CONSTANT)
    return total / np.sqrt(np.maximum(share, 1e-3))
