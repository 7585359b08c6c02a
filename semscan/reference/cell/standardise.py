"""How unlike its repeats a place is, in units of what the same lattice position usually varies.

A small local window would measure the defect by itself and so erase it; the same position in all
the other cells does not know of it. Dose is low, so the residual is smoothed to the size of defects:
a few sizes, each judged in its own units.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from semscan.reference.cell.golden_image import Grid, make_grid
from semscan.reference.cell.phase_map import PhaseMap

SCALES = (1.0, 1.6, 2.5, 4.0)  # px, standard deviations of the smoothing
QUANTILES = ((0.683, 1.0), (0.9, 1.645), (0.954, 2.0))  # of a normal deviate's size, and what they are in sigmas
FEWEST_CELLS = 3
NEGLIGIBLE = 0.01
MOST_CELLS = 2000
SMALLEST_SPREAD = 0.25  # of the typical one: where all cells agree by chance nothing may become infinite


def standardised(
    residual: np.ndarray,
    unfolding: PhaseMap,
    judged: np.ndarray,
    scales: Sequence[float] = SCALES,
    *,
    contrast: float,
) -> list[np.ndarray]:
    """The residual at each scale, less its usual mean and over its usual deviation at that lattice position.

    Parameters
    ----------
    residual : ndarray of float32, shape (rows, cols)
        Image less reference.
    unfolding : PhaseMap
    judged : ndarray of bool, shape (rows, cols)
    scales : sequence of float
        Standard deviations of the smoothing, px.
    contrast : float
        Standard deviation of the image's grey levels; in an image without noise, differences below
        a hundredth of it are taken for none.

    Returns
    -------
    list of ndarray of float32, shape (rows, cols)
        About normal deviates where nothing is wrong; sign kept.
    """
    positions = unfolding.positions()
    weight = judged.astype(np.float32)
    whole = bool(judged.all())
    result = []
    for scale in scales:
        smooth = _smoothed(residual, weight, scale, whole)
        # a smoothed residual changes slowly: fewer samples of a cell say as much
        grid = make_grid(unfolding, judged, 1.0 / max(1.0, 0.7 * scale), positions)
        middle, spread = phase_statistics(grid.take(smooth), grid, NEGLIGIBLE * contrast)
        result.append((smooth - grid.put(middle)) / grid.put(spread))
    return result


def phase_statistics(layout: np.ndarray, grid: Grid, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Median and robust deviation (`least` or more) over all cells of each lattice position, laid out in full."""
    values, inside = (grid.by_place(part, MOST_CELLS) for part in (layout, grid.inside))
    counts = np.maximum(inside.sum(axis=1), 1)
    ordered = np.sort(np.where(inside, values, np.inf), axis=1)
    middle = _picked(ordered, counts, 0.5)
    off = np.sort(np.where(inside, np.abs(values - middle[:, None]), np.inf), axis=1)
    spread = np.max([_picked(off, counts, share) / sigmas for share, sigmas in QUANTILES], axis=0)
    known = np.isfinite(spread) & (counts >= FEWEST_CELLS)
    typical = float(np.median(spread[known])) if known.any() else 1.0
    spread = np.where(known, spread, typical)
    spread = np.maximum(_around_phase(spread, grid), max(SMALLEST_SPREAD * typical, least, 1e-6))
    return _laid_out(np.where(known, middle, 0.0), grid), _laid_out(spread, grid)


def _laid_out(cell: np.ndarray, grid: Grid) -> np.ndarray:
    return np.tile(cell.reshape(grid.samples), grid.cells).astype(np.float32)


def _around_phase(spread: np.ndarray, grid: Grid) -> np.ndarray:
    """Even out a spread over neighbouring lattice positions: few cells measure it roughly."""
    cell = (spread**2).reshape(grid.samples).astype(np.float32)
    tiled = np.tile(cell, (3, 3 if grid.samples[1] > 1 else 1))
    smooth = cv2.GaussianBlur(tiled, (0, 0), 1.0)
    s1, s2 = grid.samples
    return np.sqrt(smooth[s1 : 2 * s1, (s2 if s2 > 1 else 0) : (2 * s2 if s2 > 1 else 1)]).reshape(-1)


def _picked(ordered: np.ndarray, counts: np.ndarray, share: float) -> np.ndarray:
    """A quantile of the first `counts` values of each row, linear between them."""
    place = share * (counts - 1)
    below = np.floor(place).astype(int)
    above = np.minimum(below + 1, counts - 1)
    rows = np.arange(len(ordered))
    low, high = ordered[rows, below], ordered[rows, above]
    return low + (high - low) * (place - below)


def _smoothed(residual: np.ndarray, weight: np.ndarray, scale: float, whole: bool) -> np.ndarray:
    """Smooth what is judged; near its border the deviation of white noise stays as it is elsewhere."""
    size = 2 * math.ceil(3.5 * scale) + 1
    if not whole:
        residual = residual * weight
    total = cv2.GaussianBlur(residual, (size, size), scale, borderType=cv2.BORDER_CONSTANT)
    # variance of a sum of white noise: the weights squared, which is a blur at scale / sqrt(2)
    share = cv2.GaussianBlur(weight, (0, 0), scale / math.sqrt(2), borderType=cv2.BORDER_CONSTANT)
    return total / np.sqrt(np.maximum(share, 1e-3))
