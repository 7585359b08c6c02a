"""Measure whether a defect joins or parts what its pattern keeps apart or whole, on a view of it."""

from __future__ import annotations

import cv2
import numpy as np

from semscan.image.pattern_view import PITCH

MEASURES = 15
_HALVINGS = 6  # of the range of grey levels, until the level of a path is known


def topology(view: np.ndarray) -> np.ndarray:
    """Measure a defect on lines by topology, from a view and the pattern as it should be.

    Parameters
    ----------
    view : ndarray of float32, shape (SIDE, SIDE, 3)
        Grey levels, region and golden reference, as from `pattern_view`: lines go from top to bottom.

    Returns
    -------
    ndarray of float32, shape (MEASURES,)
        How far a space is closed and a line parted: 0 as in the golden reference, 1 as bright as a line or as dark as
        a space. How many spaces are closed and lines parted. The mean deviation in the region, as shares: brighter and
        darker, in spaces and on lines. Its size. How far the region's grey levels exceed those of the pattern, above
        and below. The slope of the image on the golden reference. The region's area, and how it lies: 1 along the
        lines to -1 across, and how oblique.
    """
    image, golden = (cv2.GaussianBlur(view[..., k], (0, 0), 0.05 * PITCH) for k in (0, 2))
    low, high = np.percentile(golden, (5, 95))
    span = max(float(high - low), 1e-3)
    image, golden = (image - low) / span, (golden - low) / span
    region = view[..., 1] > 0.5
    if not region.any():
        half = view.shape[0] // 2
        region = np.zeros(region.shape, bool)
        region[half - 3 : half + 4, half - 3 : half + 4] = True
    window = _window(region)
    closed, parted = _paths(image, golden, window)
    near = cv2.dilate(region.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    change = np.clip(image - golden, -2, 2)[near]
    on_line = golden[near] > 0.5
    total = np.abs(change).sum() + 1e-3
    shares = [
        np.abs(change[part & sign]).sum() / total for part in (~on_line, on_line) for sign in (change > 0, change < 0)
    ]
    here, wanted = image[near], golden[near]
    centred = wanted - wanted.mean()
    slope = float((here * centred).sum() / ((centred**2).sum() + 0.02 * len(here)))
    return np.array(
        [
            max(closed, default=0.0),
            max(parted, default=0.0),
            sum(value > 0.5 for value in closed) / 2,
            sum(value > 0.5 for value in parted) / 2,
            *shares,
            total / len(change),
            np.clip(np.quantile(here, 0.95) - 1, -1, 2),
            np.clip(-np.quantile(here, 0.05), -1, 2),
            slope,
            np.log(region.sum() / PITCH**2),
            *_lie(region),
        ],
        np.float32,
    )


def _window(region: np.ndarray) -> tuple[slice, slice]:
    """Return the rows and columns of a region, half a pitch wider on all sides."""
    reach = round(PITCH / 2)
    where = np.nonzero(region)
    rows, cols = (
        slice(max(0, at.min() - reach), min(side, at.max() + reach + 1))
        for at, side in zip(where, region.shape, strict=True)
    )
    return rows, cols


def _paths(image: np.ndarray, golden: np.ndarray, window: tuple[slice, slice]) -> tuple[list[float], list[float]]:
    """Return how far each space is closed and each line is parted that the window meets."""
    rows, cols = window
    profile = golden[rows].mean(0)
    bright = profile > (profile.max() + profile.min()) / 2
    ends = np.flatnonzero(np.diff(bright)) + 1
    starts = np.concatenate([[0], ends])
    stops = np.concatenate([ends, [len(bright)]])
    closed: list[float] = []
    parted: list[float] = []
    for start, stop in zip(starts, stops, strict=True):
        if stop <= cols.start or start >= cols.stop or start == 0 or stop == len(bright):
            continue  # not met, or not seen whole
        wider = round(PITCH / 5)
        band = (rows, slice(max(0, start - wider), min(len(bright), stop + wider)))
        sign = -1.0 if bright[start] else 1.0
        value = _barrier(sign * image[band]) - _barrier(sign * golden[band])
        (parted if bright[start] else closed).append(float(value))
    return closed, parted


def _barrier(values: np.ndarray) -> float:
    """Return the smallest level that some path from the first row to the last must climb to."""
    low, high = float(values.min()), float(values.max())
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        _, numbers = cv2.connectedComponents((values <= middle).astype(np.uint8), connectivity=8)
        through = np.intersect1d(numbers[0], numbers[-1])
        if (through > 0).any():
            high = middle
        else:
            low = middle
    return high


def _lie(region: np.ndarray) -> tuple[float, float]:
    """Return how a region lies: 1 along the columns to -1 across them, and how oblique, 0 to 1."""
    moments = cv2.moments(region.astype(np.uint8), binaryImage=True)
    down, across, both = (moments[name] for name in ("mu02", "mu20", "mu11"))
    size = down + across + 1e-6
    return (down - across) / size, abs(2 * both) / size
