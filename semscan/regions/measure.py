"""Measure regions: size, orientation, outline, grey levels, and the distance to the nearest other region."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from semscan.regions.find import LabelledRegions
from semscan.regions.neighbours import neighbour_distances
from semscan.values import Box, Measures, Region

BORDER_GAP = 2  # px around a region that belong neither to it nor to its surroundings: its border is not that exact
# px: width of the ring that counts as its surroundings
NARROWEST_RING = 4
WIDEST_RING = 32
FEWEST_RING_PIXELS = 16  # with fewer the contrast is None
ROUND = 0.05  # second moments that differ by a smaller share (axes within 5 %) have no long axis
CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.int32)
CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
# px by which the straightened outline may leave the border pixels; perimeters are then within 3 % for discs and
# rectangles
STRAIGHTENING = 0.8


@dataclass(frozen=True, slots=True)
class _Shape:
    """The pixels of one region.

    `inside` is uint8 0 or 1, its box with one pixel of frame. `outline` holds its outer border pixels in turn as
    x, y in `inside`, int32 (n, 2). `border` holds all its border pixels as row, column in the image. `hull` holds
    the corners of its convex hull, pixel corners included.
    """

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
        As from `semscan.regions.find.segment`. Of all arrays only windows about the regions are asked for.
    grey : ndarray of float, shape (rows, cols), optional
        The image, black 0 to white 1. Without it `mean_grey` and `contrast` are None.
    judged : ndarray of bool, shape (rows, cols), optional
        False where the image does not show the specimen (the data bar).

    Returns
    -------
    tuple of Region
        In the order given, each with its `measures`.
    """
    if not found.regions:
        return ()
    shapes = [_shape(found.labels, label, region.box) for label, region in enumerate(found.regions, start=1)]
    distances = neighbour_distances([region.box for region in found.regions], [shape.border for shape in shapes])
    return tuple(
        replace(region, measures=_measures(region, shape, distance, grey, (found.labels, judged)))
        for region, shape, distance in zip(found.regions, shapes, distances, strict=True)
    )


def axes(labels: np.ndarray, label: int, box: Box) -> tuple[float, float, float | None]:
    """Return the largest and the smallest Feret diameter in px, and the orientation in degrees, of one region.

    Parameters
    ----------
    labels : ndarray of int, shape (rows, cols)
        `label` at the pixels of the region.
    box : Box
        That holds it.
    """
    shape = _shape(labels, label, box)
    return *feret(shape.hull), _orientation(shape.inside)


def feret(hull: np.ndarray) -> tuple[float, float]:
    """Return the largest and the smallest distance of two parallel lines that hold a convex outline (n, 2).

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
    region: Region,
    shape: _Shape,
    distance: float | None,
    grey: np.ndarray | None,
    around: tuple[np.ndarray, np.ndarray | None],
) -> Measures:
    largest, smallest = feret(shape.hull)
    mean, contrast = (None, None) if grey is None else _contrast(region.box, shape.inside, grey, *around)
    return Measures(
        feret_max_px=largest,
        feret_min_px=smallest,
        orientation_deg=_orientation(shape.inside),
        perimeter_px=_perimeter(shape.outline),
        mean_grey=mean,
        contrast=contrast,
        neighbour_distance_px=distance,
    )


def _shape(labels: np.ndarray, label: int, box: Box) -> _Shape:
    inside = np.zeros((box.bottom - box.top + 2, box.right - box.left + 2), np.uint8)
    inside[1:-1, 1:-1] = labels[box.top : box.bottom, box.left : box.right] == label
    outlines, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = outlines[0].reshape(-1, 2)
    corners = (outline[:, None] + CORNERS).reshape(-1, 2)
    border = np.argwhere(inside > cv2.erode(inside, CROSS)) + np.array([box.top - 1, box.left - 1])
    return _Shape(inside, outline, border, cv2.convexHull(corners).reshape(-1, 2).astype(np.float64))


def _orientation(inside: np.ndarray) -> float | None:
    moments = cv2.moments(inside, binaryImage=True)
    pixel = moments["m00"] / 12  # second moment of the pixels themselves, which are squares and not points
    across = moments["mu20"] + pixel
    down = moments["mu02"] + pixel
    difference = across - down
    mixed = 2 * moments["mu11"]
    if math.hypot(difference, mixed) < ROUND * (across + down):
        return None
    angle = math.degrees(0.5 * math.atan2(mixed, difference))
    return 90.0 if angle <= -90 else angle


def _perimeter(outline: np.ndarray) -> float:
    """Measure the outer border: the line through its pixels' centres, with staircases straightened.

    Pi is added for the half pixel outside of that line (Steiner's formula).
    """
    return cv2.arcLength(cv2.approxPolyDP(outline.astype(np.int32), STRAIGHTENING, True), True) + math.pi


def _contrast(
    box: Box, inside: np.ndarray, grey: np.ndarray, labels: np.ndarray, judged: np.ndarray | None
) -> tuple[float, float | None]:
    """Return the mean grey level inside, and by how much it exceeds that of a ring around (other regions left out)."""
    rows, cols = grey.shape
    width = min(WIDEST_RING, max(NARROWEST_RING, round(min(inside.shape) / 2)))
    reach = BORDER_GAP + width
    top = max(0, box.top - reach)
    left = max(0, box.left - reach)
    bottom = min(rows, box.bottom + reach)
    right = min(cols, box.right + reach)
    body = np.zeros((bottom - top, right - left), np.uint8)
    body[box.top - top : box.bottom - top, box.left - left : box.right - left] = inside[1:-1, 1:-1]
    values = grey[top:bottom, left:right]
    distance = cv2.distanceTransform(1 - body, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    ring = (distance > BORDER_GAP) & (distance <= reach) & (labels[top:bottom, left:right] == 0)
    if judged is not None:
        ring &= judged[top:bottom, left:right]
    mean = float(values[body > 0].mean(dtype=np.float64))
    if np.count_nonzero(ring) < FEWEST_RING_PIXELS:
        return mean, None
    return mean, mean - float(values[ring].mean(dtype=np.float64))
