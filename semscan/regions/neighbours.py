"""Distance of each region to the nearest other one.

`scipy.spatial.cKDTree` finds the same distances in fewer lines. Its import takes longer than a whole inspection,
which needs nothing else of SciPy.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from semscan.values import Box

MOST = 5000  # regions; a map of more is noise, and the time grows with the square
PAIRS = 1 << 20  # pairs of pixels that are compared directly; for more, a distance transform is faster
ROUNDING = 1e-6  # px: np.hypot may exceed the root of the summed squares in the last digit


def neighbour_distances(boxes: Sequence[Box], borders: Sequence[np.ndarray]) -> list[float | None]:
    """Measure the distance in pixels of the closest two pixels of each region and any other.

    Parameters
    ----------
    boxes : sequence of Box
    borders : sequence of ndarray, shape (n, 2)
        Row and column of each region's border pixels (those of its holes too), in the order of `boxes`.

    Returns
    -------
    list of float or None
        None for all if there is one region, or more than `MOST`.

    Examples
    --------
    >>> neighbour_distances([Box(0, 0, 1, 1), Box(3, 4, 4, 5)], [np.array([[0, 0]]), np.array([[3, 4]])])
    [5.0, 5.0]
    """
    if not 2 <= len(boxes) <= MOST:
        return [None] * len(boxes)
    edges = np.array([(box.top, box.left, box.bottom - 1, box.right - 1) for box in boxes])
    nearest = np.full(len(boxes), np.inf)
    for first in range(len(boxes)):
        gaps = _gaps(edges, edges[first])
        gaps[first] = np.inf
        # nearest boxes first: most loops end after one or two regions
        for second in np.argsort(gaps, kind="stable"):
            if gaps[second] >= nearest[first]:  # the pixels in these boxes are at least that far apart
                break
            distance = _closest(borders[first], borders[second])
            nearest[first] = min(nearest[first], distance)
            nearest[second] = min(nearest[second], distance)
    return [float(distance) for distance in nearest]


def _gaps(boxes: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Measure the distance of each of `boxes` (n, 4: top, left, last row, last column) to `box`; 0 if they overlap."""
    top, left, bottom, right = box
    down = np.maximum(0, np.maximum(boxes[:, 0] - bottom, top - boxes[:, 2]))
    across = np.maximum(0, np.maximum(boxes[:, 1] - right, left - boxes[:, 3]))
    return np.hypot(down, across)


def _closest(first: np.ndarray, second: np.ndarray) -> float:
    """Measure the smallest distance between two sets of pixels (n, 2)."""
    if len(first) > len(second):
        first, second = second, first
    # the distance from any pixel of the smaller set is an upper bound: pixels further away need no comparison
    bound = _closest_pair(first[:1], second)
    near_second = _within(second, first, bound)
    first = _within(first, second, bound)
    second = near_second
    if len(first) * len(second) <= PAIRS:
        return _closest_pair(first, second)
    corner = np.minimum(first.min(axis=0), second.min(axis=0))
    first = first - corner
    second = second - corner
    background = np.ones(np.maximum(first.max(axis=0), second.max(axis=0)) + 1, np.uint8)
    background[tuple(first.T)] = 0
    distances = cv2.distanceTransform(background, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return float(distances[tuple(second.T)].min())


def _within(points: np.ndarray, others: np.ndarray, bound: float) -> np.ndarray:
    """Select those of `points` that lie no further than `bound` from the box around the others."""
    box = np.concatenate([others.min(axis=0), others.max(axis=0)])
    return points[_gaps(np.hstack([points, points]), box) <= bound + ROUNDING]


def _closest_pair(first: np.ndarray, second: np.ndarray) -> float:
    offsets = first[:, None] - second[None]
    return float(np.sqrt((offsets**2).sum(axis=2).min()))
