"""Compute the golden reference: the expected grey level of a pixel, from the same position in the cells around."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from semscan.reference.cell.phase_map import PhaseMap

REACH = 2.5  # cells: standard deviation of the neighbourhood that is averaged
ALONG = 40.0  # px along lines, or 1.5 pitches, whichever is more
CLIP = 2.5  # usual deviations beyond which the grey level of a cell is clipped
ROUNDS = 2
FINER = 1.4  # samples of the layout for each px: resampling must not blur the reference
COARSER = 0.5  # ... along lines, where nothing changes quickly


@dataclass(frozen=True)
class Grid:
    """A layout of the image as whole cells.

    `cells` is (n1, n2) and `samples` (s1, s2): the layout is an array (n1 * s1, n2 * s2). For lines s2 is 1
    and n2 counts samples along them. `maps` takes the image to the layout, `back` the layout to the image (both
    columns and rows, as cv2.remap takes them). `inside` is True for samples that lie in the judged image.
    """

    cells: tuple[int, int]
    samples: tuple[int, int]
    maps: tuple[np.ndarray, np.ndarray]
    back: tuple[np.ndarray, np.ndarray]
    inside: np.ndarray

    def take(self, values: np.ndarray) -> np.ndarray:
        """Resample an image to the layout."""
        return cv2.remap(values, *self.maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

    def put(self, layout: np.ndarray) -> np.ndarray:
        """Resample a layout to the image."""
        return cv2.remap(layout, *self.back, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

    def by_position(self, layout: np.ndarray, most: int) -> np.ndarray:
        """Reorder a layout as (s1 * s2, cells): the values of all cells at each position, of about `most` cells."""
        n1, n2 = self.cells
        s1, s2 = self.samples
        step = max(1, n1 * n2 // most)
        values = layout.reshape(n1, s1, n2, s2).transpose(1, 3, 0, 2).reshape(s1 * s2, -1)
        return np.ascontiguousarray(values[:, ::step])


def make_grid(phase_map: PhaseMap, judged: np.ndarray, finer: float, positions: np.ndarray | None = None) -> Grid:
    """Make the layout of an image's cells, `finer` samples for each px (along lines at most `COARSER`).

    Parameters
    ----------
    phase_map : PhaseMap
    judged : ndarray of bool, shape (rows, cols)
        Pixels that may be used.
    positions : ndarray, optional
        ``phase_map.positions()``, where it is known already.
    """
    if positions is None:
        positions = phase_map.positions()
    pitch = phase_map.lattice.pitch_px
    lines = len(pitch) == 1
    samples = (max(4, round(pitch[0] * finer)), 1 if lines else max(4, round(pitch[1] * finer)))
    rate = (float(samples[0]), min(finer, COARSER) if lines else float(samples[1]))
    # whole cells, so that the same sample of every cell is the same lattice position
    # plane by plane: along the first axis of pairs it takes ten times as long
    low = np.floor([positions[..., axis].min() for axis in (0, 1)])
    high = np.array([positions[..., axis].max() for axis in (0, 1)])
    cells = [math.ceil(high[0] - low[0]) + 1, math.ceil(high[1] - low[1]) + 1]
    if lines:
        cells[1] = math.ceil((high[1] - low[1]) * rate[1]) + 2
    count = (cells[0] * samples[0], cells[1] * samples[1])
    maps = phase_map.layout(rate, low, count)
    down, across = (np.ascontiguousarray((positions[..., axis] - low[axis]) * rate[axis]) for axis in (0, 1))
    inside = cv2.remap(
        judged.astype(np.uint8), maps[0], maps[1], cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=0
    )
    return Grid((cells[0], cells[1]), samples, maps, (across, down), inside > 0)


def golden_reference(values: np.ndarray, grid: Grid) -> np.ndarray:
    """Compute the expected image from its own repeats.

    Every sample is the mean of the same lattice position in the cells around it. A cell that deviates much
    is clipped to what is usual for that position (a Huber mean), so that a defect does not show in its
    neighbours.

    Parameters
    ----------
    values : ndarray of float32, shape (rows, cols)
    grid : Grid

    Returns
    -------
    ndarray of float32, shape (rows, cols)

    References
    ----------
    P. J. Huber, "Robust Estimation of a Location Parameter", Ann. Math. Statist. 35, 1964,
    doi:10.1214/aoms/1177703732.
    """
    layout = grid.take(values)
    weight = grid.inside.astype(np.float32)
    total = np.maximum(_over_cells(weight, grid), 1e-4)
    clipped = layout
    for _ in range(ROUNDS):
        mean = _over_cells(clipped * weight, grid) / total
        deviation = np.abs(layout - mean)
        # edges deviate more than flat places: what is usual depends on the position. Defects must not widen it.
        usual = np.sqrt(_position_mean(np.minimum(deviation, 3 * deviation[grid.inside].mean()) ** 2, grid))
        clipped = np.clip(layout, mean - CLIP * usual, mean + CLIP * usual)
    return grid.put(_over_cells(clipped * weight, grid) / total)


def _over_cells(layout: np.ndarray, grid: Grid) -> np.ndarray:
    """Sum the same sample of the cells around, weighted by distance (a Gaussian)."""
    n1, n2 = grid.cells
    s2 = grid.samples[1]
    # as rows of whole cells, a filter down the columns skips from cell to cell
    summed = _filtered(layout.reshape(n1, -1), _kernel(REACH, n1)).reshape(layout.shape)
    if s2 == 1:  # lines: every sample along them is a neighbour
        return cv2.GaussianBlur(summed, (0, 0), sigmaX=_along(grid), sigmaY=1e-3, borderType=cv2.BORDER_CONSTANT)
    turned = np.ascontiguousarray(summed.reshape(-1, n2, s2).transpose(1, 0, 2)).reshape(n2, -1)
    filtered = _filtered(turned, _kernel(REACH, n2)).reshape(n2, -1, s2).transpose(1, 0, 2)
    return np.ascontiguousarray(filtered).reshape(layout.shape)


def _along(grid: Grid) -> float:
    """Return the standard deviation of the neighbourhood along lines, in samples."""
    return max(ALONG, 1.5 * grid.samples[0] / FINER) * COARSER


def _kernel(sigma: float, most: int) -> np.ndarray:
    half = min(math.ceil(3 * sigma), most - 1)
    return np.exp(-0.5 * (np.arange(-half, half + 1) / sigma) ** 2).astype(np.float32)


def _filtered(rows: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    return cv2.sepFilter2D(rows, cv2.CV_32F, np.ones(1, np.float32), kernel, borderType=cv2.BORDER_CONSTANT)


def _position_mean(layout: np.ndarray, grid: Grid) -> np.ndarray:
    """Average each lattice position over all cells; repeated in every cell of the layout."""
    n1, n2 = grid.cells
    s1, s2 = grid.samples
    inside = grid.inside.reshape(n1, s1, n2, s2)
    total = (layout.reshape(n1, s1, n2, s2) * inside).sum(axis=(0, 2))
    mean = total / np.maximum(inside.sum(axis=(0, 2)), 1)
    return np.tile(mean, (n1, n2)).astype(np.float32)
