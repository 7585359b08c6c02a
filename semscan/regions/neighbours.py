"""How far each region is from the next."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from semscan.values import Box

MOST = 5000  # regions; a map of more is noise, and the time grows with the square
PAIRS = 1 << 20  # distances taken one by one; beyond, a distance map of the field is faster


def neighbour_distances(boxes: Sequence[Box], borders: Sequence[np.ndarray]) -> list[float | None]:
    """Distance in pixels of the closest two pixels of each region and any other.

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
    best = np.full(len(boxes), np.inf)
    for one in range(len(boxes)):
        gaps = _gaps(edges, edges[one])
        gaps[one] = np.inf
        for other in np.argsort(gaps, kind="stable"):
            if gaps[other] >= best[one]:  # boxes that far apart hold no closer pixels
                break
            distance = _closest(borders[one], borders[other])
            best[one], best[other] = min(best[one], distance), min(best[other], distance)
    return [float(distance) for distance in best]


def _gaps(boxes: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Distance of each of `boxes` (n, 4: top, left, last row, last column) from one of them; 0 where they overlap."""
    top, left, bottom, right = box
    down = np.maximum(0, np.maximum(boxes[:, 0] - bottom, top - boxes[:, 2]))
    across = np.maximum(0, np.maximum(boxes[:, 1] - right, left - boxes[:, 3]))
    return np.hypot(down, across)


def _closest(ours: np.ndarray, theirs: np.ndarray) -> float:
    if len(ours) > len(theirs):
        ours, theirs = theirs, ours
    bound = _least(ours[:1], theirs)  # from any of the small one's pixels: the rest need not be looked at
    ours, theirs = _within(ours, theirs, bound), _within(theirs, ours, bound)
    if len(ours) * len(theirs) <= PAIRS:
        return _least(ours, theirs)
    corner = np.minimum(ours.min(axis=0), theirs.min(axis=0))
    ours, theirs = ours - corner, theirs - corner
    field = np.ones(np.maximum(ours.max(axis=0), theirs.max(axis=0)) + 1, np.uint8)
    field[tuple(ours.T)] = 0
    return float(cv2.distanceTransform(field, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[tuple(theirs.T)].min())


def _within(points: np.ndarray, others: np.ndarray, bound: float) -> np.ndarray:
    """Those of `points` no further than `bound` from the box around the others."""
    box = np.concatenate([others.min(axis=0), others.max(axis=0)])
    return points[_gaps(np.hstack([points, points]), box) <= bound]


def _least(ours: np.ndarray, theirs: np.ndarray) -> float:
    apart = ours[:, None] - theirs[None]
    return float(np.sqrt((apart**2).sum(axis=2).min()))
