"""Paint defects of known place, kind, size and contrast into a good image, to see which of them a method finds."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator

from semscan.robust import noise_level
from semscan.synth.painting.canvas import Pool, Window
from semscan.synth.painting.kinds import PAINTERS, families
from semscan.synth.painting.paint import paint_in
from semscan.synth.painting.shapes import blob, streak

RADIUS = (1.2, 24.0)  # px, of the painted shapes
SCRATCH_LENGTH = (8.0, 80.0)
SCRATCH_WIDTH = (1.0, 4.0)
GAP = 24  # px between two painted defects, so that the network sees each alone
TRIES = 30  # places tried for each defect
FOREIGN = 96  # px, the side of the patch from which foreign texture is taken


@dataclass(frozen=True, slots=True)
class KnownDefect:
    """A painted defect.

    Parameters
    ----------
    kind : str
        A name of `PAINTERS`.
    window : pair of slice
        Where `mask` lies in the image.
    mask : ndarray of bool
        Where the defect is visible.
    size_px : float
        Diameter of a circle of that area.
    contrast : float
        Mean absolute change there, noise smoothed away, as a share of the grey scale.
    """

    kind: str
    window: Window
    mask: np.ndarray
    size_px: float
    contrast: float


def paint_known(
    image: np.ndarray, area: np.ndarray, rng: Generator, *, count: int, enlarge: float = 1.0
) -> tuple[np.ndarray, list[KnownDefect]]:
    """Paint at most `count` defects, far from each other, into the area of a good image.

    Parameters
    ----------
    image : ndarray of float32, shape (rows, cols)
        Grey levels, about 0 to 1. Not changed.
    area : ndarray of bool, same shape
        Where defects may lie.
    rng : numpy.random.Generator
    count : int
        Fewer are painted where there is no room for all, or where one would not be visible.
    enlarge : float
        Factor on the size of all defects.

    Returns
    -------
    painted : ndarray of float32, shape (rows, cols)
    defects : list of KnownDefect
    """
    painted = image.copy()
    free = area.astype(np.uint8)
    noise = noise_level(image)
    defects = []
    foreign = _foreign_patch(image)
    for kind, shape in _shapes(rng, count, enlarge):
        place = _place(free, shape.shape, rng)
        if place is None:
            continue
        window = (slice(place[0], place[0] + shape.shape[0]), slice(place[1], place[1] + shape.shape[1]))
        before = painted[window].copy()
        after, shown = paint_in(painted, window, kind, shape, foreign, noise, rng)
        mask = shown > 0
        if not mask.any():
            continue
        painted[window] = after
        change = np.abs(cv2.GaussianBlur(after - before, (0, 0), 1.0))
        size = 2 * math.sqrt(float(mask.sum()) / math.pi)
        defects.append(KnownDefect(kind, window, mask, size, float(change[mask].mean())))
        wide = tuple(slice(max(0, side.start - GAP), side.stop + GAP) for side in window)
        free[wide] = 0
    return painted, defects


def _shapes(rng: Generator, count: int, enlarge: float) -> Iterator[tuple[str, np.ndarray]]:
    """Draw the kinds by their shares, and a shape for each: small ones as often as large ones."""
    names = list(families())
    shares = np.array([PAINTERS[name][1] for name in names])
    for name in rng.choice(names, count, p=shares / shares.sum()):
        if name == "scratch":
            shape = streak(_log_uniform(SCRATCH_LENGTH, rng) * enlarge, _log_uniform(SCRATCH_WIDTH, rng) * enlarge, rng)
        else:
            shape = blob(_log_uniform(RADIUS, rng) * enlarge, rng)
        yield str(name), shape


def _place(free: np.ndarray, shape: tuple[int, ...], rng: Generator) -> tuple[int, int] | None:
    """Return the corner of a random place whose whole window is free; None if none was found."""
    room = [have - want for have, want in zip(free.shape, shape, strict=True)]
    if min(room) < 0:
        return None
    for _ in range(TRIES):
        row, col = (int(rng.integers(most + 1)) for most in room)
        if free[row : row + shape[0], col : col + shape[1]].all():
            return row, col
    return None


def _foreign_patch(image: np.ndarray) -> Pool:
    """Return a function that cuts a random patch of the image."""

    def patch(rng: Generator) -> np.ndarray:
        side = min(FOREIGN, *image.shape)
        row, col = (int(rng.integers(size - side + 1)) for size in image.shape)
        return image[row : row + side, col : col + side]

    return patch


def _log_uniform(limits: tuple[float, float], rng: Generator) -> float:
    return float(np.exp(rng.uniform(*np.log(limits))))
