"""Paint defects into good patches, so that attention has something to learn from good images alone.

A label is set only where the change is visible above the noise.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from semscan.robust import noise_level
from semscan.synth.painting.canvas import Canvas, Painter, Pool, Window
from semscan.synth.painting.kinds import PAINTERS, families, shape_for
from semscan.synth.painting.visible import visible


def paint(
    patch: np.ndarray, pool: Pool, rng: Generator, *, kinds: Sequence[str] | None = None, count: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Paint random defects into one good patch.

    Parameters
    ----------
    patch : ndarray of float32, shape (rows, cols)
        Grey levels, about 0 to 1. Not changed.
    pool : callable
        ``pool(rng)`` returns another good patch of the same shape, for foreign texture.
    rng : numpy.random.Generator
    kinds : sequence of str, optional
        Names from `PAINTERS` to draw from, by their shares; by default `families`.
    count : int, optional
        Defects to paint; by default none in a quarter of the patches, else 1 to 5.

    Returns
    -------
    painted, label : ndarrays of float32, shape (rows, cols)
        The patch with defects, and 1 where one is visible, else 0.
    """
    painted = patch.copy()
    label = np.zeros(patch.shape, np.float32)
    if count is None:
        count = _random_count(rng)
    names = list(kinds or families())
    noise = noise_level(patch)
    shares = np.array([PAINTERS[name][1] for name in names])
    for name in rng.choice(names, count, p=shares / shares.sum()):
        _paint_defect(painted, label, PAINTERS[name][0], pool, noise, rng)
    return painted, label


def _random_count(rng: Generator) -> int:
    return 0 if rng.random() < 0.25 else int(rng.integers(1, 6))


def _paint_defect(
    painted: np.ndarray, label: np.ndarray, painter: Painter, pool: Pool, noise: float, rng: Generator
) -> None:
    """Paint one defect at a random place, cropped at the border; changes `painted` and `label`."""
    mask = shape_for(painter, rng)
    rows, cols = painted.shape
    n = min(mask.shape[0], rows, cols)
    lead = (mask.shape[0] - n) // 2
    mask = mask[lead : lead + n, lead : lead + n]
    # up to a third of a defect may lie outside of the patch
    row = int(rng.integers(-n // 3, rows - n + n // 3 + 1))
    col = int(rng.integers(-n // 3, cols - n + n // 3 + 1))
    top = max(row, 0)
    left = max(col, 0)
    bottom = min(row + n, rows)
    right = min(col + n, cols)
    mask = mask[top - row : bottom - row, left - col : right - col]
    if min(mask.shape) < 3:
        return
    window = (slice(top, bottom), slice(left, right))
    after, shown = _apply(Canvas(painted, window, noise, pool, rng), painter, mask)
    painted[window] = after
    label[window] = np.maximum(label[window], shown)


def _apply(canvas: Canvas, painter: Painter, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Paint a defect into the window of a canvas, which is not changed: (its new pixels, where it is visible)."""
    before = canvas.before
    new = painter(canvas, mask)
    after = before + new.mask * (new.filling - before)
    return after, visible(before, after, new.mask, canvas.noise, new.whole)


def paint_in(
    patch: np.ndarray, window: Window, kind: str, mask: np.ndarray, pool: Pool, noise: float, rng: Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Paint one defect of a kind at a given place.

    Parameters
    ----------
    patch : ndarray of float32, shape (rows, cols)
        Grey levels, about 0 to 1. Not changed.
    window : pair of slice
        Where.
    kind : str
        A name of `PAINTERS`.
    mask : ndarray of float32, shape of the window
        Its shape, see `semscan.synth.painting.shapes`.
    pool : callable
        As in `paint`.
    noise : float
        Standard deviation of a pixel.
    rng : numpy.random.Generator

    Returns
    -------
    after, shown : ndarrays of float32, shape of the window
        The window with the defect, and 1 where it is visible, else 0.
    """
    return _apply(Canvas(patch, window, noise, pool, rng), PAINTERS[kind][0], mask)
