"""How large a region is, which way it lies, and how it differs from what is around it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from semscan.regions.find import LabelledRegions, labelled
from semscan.regions.neighbours import neighbour_distances
from semscan.values import Box, Measures, Region

SPARED = 2  # px around a region that count as neither: its border is never that sure
# px, width of what counts as its surroundings
LEAST_RING = 4
WIDEST_RING = 32
FEWEST_AROUND = 16  # px without which nothing is said of the surroundings
ROUND = 0.05  # second moments that differ by a smaller share (axes within 5 %) have no long axis
CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.int32)
CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
STRAIGHT = 0.8  # px by which the straightened outline may leave the border pixels: within 3 % for discs and rectangles


@dataclass(frozen=True, slots=True)
class _Patch:
    """A region alone: `inside` is uint8 0 or 1, one pixel of frame around its box; `outline` its outer border
    pixels in turn as x, y in the patch, int32 (n, 2); `border` all its border pixels as row, column in the image;
    `hull` the corners of its convex hull, pixel corners included."""

    inside: np.ndarray
    outline: np.ndarray
    border: np.ndarray
    hull: np.ndarray


def measure(
    found: LabelledRegions, grey: np.ndarray | None = None, judged: np.ndarray | None = None
) -> tuple[Region, ...]:
    """Measure each region of a map.

    Parameters
    ----------
    found : LabelledRegions
        As from `semscan.regions.find.segment`.
    grey : ndarray of float, shape (rows, cols), optional
        The image, black 0 to white 1. Without it nothing is said of grey levels.
    judged : ndarray of bool, shape (rows, cols), optional
        False where the image is no specimen (the data bar).

    Returns
    -------
    tuple of Region
        In the order given, each with its `measures`.
    """
    if not found.regions:
        return ()
    labels, numbers = labelled(found)
    free = found.mask == 0 if judged is None else (found.mask == 0) & judged
    patches = [_patch(labels, number, region.box) for region, number in zip(found.regions, numbers, strict=True)]
    distances = neighbour_distances([region.box for region in found.regions], [patch.border for patch in patches])
    return tuple(
        replace(region, measures=_measures(region, patch, distance, grey, free))
        for region, patch, distance in zip(found.regions, patches, distances, strict=True)
    )


def feret(hull: np.ndarray) -> tuple[float, float]:
    """Largest and smallest distance between two parallel lines that hold a convex outline (n, 2) between them.

    Examples
    --------
    >>> feret(np.array([[0, 0], [4, 0], [4, 3], [0, 3]], float))
    (5.0, 3.0)
    """
    edges = np.roll(hull, -1, axis=0) - hull
    lengths = np.hypot(edges[:, 0], edges[:, 1])
    normals = np.stack([-edges[:, 1], edges[:, 0]], axis=1)[lengths > 0] / lengths[lengths > 0, None]
    smallest = float(np.ptp(normals @ hull.T, axis=1).min())  # the narrowest pair lies along an edge
    across = hull[:, None] - hull[None]
    return float(np.hypot(across[..., 0], across[..., 1]).max()), smallest


def _measures(
    region: Region, patch: _Patch, distance: float | None, grey: np.ndarray | None, free: np.ndarray
) -> Measures:
    largest, smallest = feret(patch.hull)
    mean, contrast = (None, None) if grey is None else _contrast(region.box, patch.inside, grey, free)
    return Measures(
        feret_max_px=largest,
        feret_min_px=smallest,
        orientation_deg=_orientation(patch.inside),
        perimeter_px=_perimeter(patch.outline),
        mean_grey=mean,
        contrast=contrast,
        neighbour_distance_px=distance,
    )


def _patch(labels: np.ndarray, number: int, box: Box) -> _Patch:
    inside = np.zeros((box.bottom - box.top + 2, box.right - box.left + 2), np.uint8)
    inside[1:-1, 1:-1] = labels[box.top : box.bottom, box.left : box.right] == number
    outlines, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = outlines[0].reshape(-1, 2)
    corners = (outline[:, None] + CORNERS).reshape(-1, 2)
    border = np.argwhere(inside > cv2.erode(inside, CROSS)) + np.array([box.top - 1, box.left - 1])
    return _Patch(inside, outline, border, cv2.convexHull(corners).reshape(-1, 2).astype(np.float64))


def _orientation(inside: np.ndarray) -> float | None:
    moments = cv2.moments(inside, binaryImage=True)
    wide, high = (moments[name] + moments["m00"] / 12 for name in ("mu20", "mu02"))  # a pixel has a size too
    apart, lean = wide - high, 2 * moments["mu11"]
    if math.hypot(apart, lean) < ROUND * (wide + high):
        return None
    angle = math.degrees(0.5 * math.atan2(lean, apart))
    return 90.0 if angle <= -90 else angle


def _perimeter(outline: np.ndarray) -> float:
    """Length of the outer border: through the border pixels' centres, staircases straightened, and pi for the
    half pixel around (Steiner's formula)."""
    return cv2.arcLength(cv2.approxPolyDP(outline.astype(np.int32), STRAIGHT, True), True) + math.pi


def _contrast(box: Box, inside: np.ndarray, grey: np.ndarray, free: np.ndarray) -> tuple[float, float | None]:
    """Mean grey level inside, and by how much it exceeds that of a ring around, other regions left out."""
    rows, cols = grey.shape
    width = min(WIDEST_RING, max(LEAST_RING, round(min(inside.shape) / 2)))
    reach = SPARED + width
    top, left = max(0, box.top - reach), max(0, box.left - reach)
    bottom, right = min(rows, box.bottom + reach), min(cols, box.right + reach)
    body = np.zeros((bottom - top, right - left), np.uint8)
    body[box.top - top : box.bottom - top, box.left - left : box.right - left] = inside[1:-1, 1:-1]
    values = grey[top:bottom, left:right]
    away = cv2.distanceTransform(1 - body, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    ring = (away > SPARED) & (away <= reach) & free[top:bottom, left:right]
    mean = float(values[body > 0].mean(dtype=np.float64))
    if np.count_nonzero(ring) < FEWEST_AROUND:
        return mean, None
    return mean, mean - float(values[ring].mean(dtype=np.float64))
