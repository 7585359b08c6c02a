"""From a clean image to its critical dimensions."""

from __future__ import annotations

import cv2
import numpy as np

from semscan.errors import BadImageError, NotPeriodicError
from semscan.metrology.hole_dimensions import measure_holes
from semscan.metrology.holes import find_holes
from semscan.metrology.line_dimensions import measure_lines
from semscan.metrology.lines import find_line_edges
from semscan.reference.cell.lattice import PERIODIC, Lattice
from semscan.reference.cell.positions import place_in_lattice
from semscan.settings import EdgeSettings
from semscan.values import CleanImage
from semscan.values.measured.measurement import Measurement

MARGIN = 8  # px around a region: its halo is no edge either
MOST_PIXELS = 1 << 26  # an image is measured as a whole


def measure_pattern(image: CleanImage, settings: EdgeSettings, left_out: np.ndarray | None = None) -> Measurement:
    """Measure the lines or the holes of an image.

    Parameters
    ----------
    image : CleanImage
    settings : EdgeSettings
    left_out : ndarray of bool, shape (rows, cols), optional
        Pixels of defects; they and `MARGIN` px around them do not count.

    Raises
    ------
    NotPeriodicError
        If the image does not repeat.
    BadImageError
        If it is too large, shows neither lines nor holes, or these are too small.
    """
    if image.values.size > MOST_PIXELS:
        raise BadImageError(
            f"the image has {image.values.size} pixels, wanted at most {MOST_PIXELS}; measure parts of it"
        )
    placed = place_in_lattice(image)
    if isinstance(placed, Lattice):
        raise NotPeriodicError(
            f"neither lines nor holes: the image does not repeat (confidence {placed.confidence:.2f}, wanted "
            f"{PERIODIC}); measure takes lines and spaces, and arrays of holes, with at least three repeats",
            placed.confidence,
        )
    used = placed.judged
    if left_out is not None and left_out.any():
        row, col = placed.corner
        part = _widened(left_out)[row : row + used.shape[0], col : col + used.shape[1]]
        used = used & ~part
    if not used.any():
        raise BadImageError("nothing of the pattern is left to measure; leave out less of the image")
    vectors = placed.lattice.vectors
    scale = image.nm_per_pixel
    if len(vectors) == 2:
        holes = find_holes(placed.values, used, placed.positions, vectors, level=settings.level)
        return measure_holes(holes.moved(*placed.corner), settings.level, scale)
    edges = find_line_edges(
        placed.values,
        used,
        placed.positions[..., 0].astype(np.float64),
        vectors[0],
        level=settings.level,
        dark_lines=settings.dark_lines,
    )
    return measure_lines(edges.moved(*placed.corner), settings.level, scale, dark_lines=settings.dark_lines)


def _widened(left_out: np.ndarray) -> np.ndarray:
    size = 2 * MARGIN + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return cv2.dilate(left_out.astype(np.uint8), kernel) > 0
