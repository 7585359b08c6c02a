"""Cell to cell: a periodic image against its own repeats."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from semscan.errors import BadImageError
from semscan.reference.cell.chance_threshold import FALSE_REGIONS, chance_level
from semscan.reference.cell.golden_image import FINER, golden_reference, make_grid
from semscan.reference.cell.lattice import NOT_FOUND, Lattice, find_lattice
from semscan.reference.cell.phase_map import unfold
from semscan.reference.cell.shading import light_share
from semscan.reference.cell.standardise import SCALES, standardised
from semscan.values import CleanImage

SEAM = 7  # px
# px: a larger image is compared in pieces
PIECE = 1536
OVERLAP = 64
MANY = 12  # repeats that a piece must hold at least
Window = tuple[slice, slice]


@dataclass(frozen=True)
class CellComparison:
    """What the comparison with its own repeats shows of an image; all maps have its shape (rows, cols).

    `raw` is float32, 0 or more, in multiples of what chance reaches; 0 where not `judged`. `reference` is
    float32: what the image should look like, on its own grey scale.
    """

    raw: np.ndarray
    judged: np.ndarray
    reference: np.ndarray
    lattice: Lattice


def find_image_lattice(image: CleanImage) -> Lattice:
    """The lattice of what is judged of an image; see `find_lattice`."""
    rows, cols = _frame(image.judged)
    if rows.stop - rows.start < 16 or cols.stop - cols.start < 16:
        return Lattice(NOT_FOUND, 0.0)
    return find_lattice(_filled(image.values[rows, cols], image.judged[rows, cols]))


def compare_cells(image: CleanImage, lattice: Lattice | None = None) -> CellComparison:
    """Find what does not repeat in a periodic image.

    Parameters
    ----------
    image : CleanImage
    lattice : Lattice, optional
        As `find_image_lattice` found it.

    Returns
    -------
    CellComparison

    Raises
    ------
    BadImageError
        If the image is not periodic enough.
    """
    lattice = lattice or find_image_lattice(image)
    if not lattice.found:
        raise BadImageError(f"the image is not periodic enough (confidence {lattice.confidence:.2f})")
    frame = _frame(image.judged)
    judged = image.judged[frame]
    values = _filled(image.values[frame], judged)
    raw, golden = np.zeros(values.shape, np.float32), values.copy()
    pieces = _pieces(values.shape, max(lattice.pitch_px))
    finer = lattice
    for seen, kept, own in pieces:
        part_raw, part_golden, finer = _compare(values[seen], judged[seen], lattice, FALSE_REGIONS / len(pieces))
        raw[kept], golden[kept] = part_raw[own], part_golden[own]
    whole, reference = np.zeros(image.values.shape, np.float32), image.values.copy()
    whole[frame], reference[frame] = raw, golden
    return CellComparison(whole, image.judged, reference, finer if len(pieces) == 1 else lattice)


def _compare(
    values: np.ndarray, judged: np.ndarray, lattice: Lattice, false_regions: float
) -> tuple[np.ndarray, np.ndarray, Lattice]:
    """Raw map, reference and finer lattice of one piece."""
    light = light_share(values)
    values = values / light  # at a border the cells around lie all on one side, where the light is another
    unfolding = unfold(values, lattice)
    golden = golden_reference(values, make_grid(unfolding, judged, FINER))
    raw = np.zeros(values.shape, np.float32)
    contrast = float(values[judged].std()) if judged.any() else 1.0
    deviations = standardised(values - golden, unfolding, judged, SCALES, contrast=contrast)
    for scale, deviation in zip(SCALES, deviations, strict=True):
        size = np.abs(deviation)
        np.maximum(raw, size / np.float32(chance_level(size, judged, scale, false_regions)), out=raw)
    # between the too bright and the too dark part of a defect the residual crosses zero: fill that seam
    raw = cv2.morphologyEx(raw, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (SEAM, SEAM)))
    raw[~judged] = 0
    return raw, golden * light, unfolding.lattice


def _pieces(shape: tuple[int, ...], pitch: float) -> list[tuple[Window, Window, Window]]:
    """Cut a large image, so that memory does not grow with it: what a piece sees, keeps, and where in it that lies.

    Not where a piece would hold too few repeats.
    """
    if pitch * MANY > PIECE:
        return [((slice(0, shape[0]), slice(0, shape[1])),) * 3]
    spans = []
    for side in shape:
        count = math.ceil(side / PIECE)
        cuts = np.linspace(0, side, count + 1).astype(int)
        spans.append([_span(cuts[i], cuts[i + 1], side) for i in range(count)])
    return [((down[0], right[0]), (down[1], right[1]), (down[2], right[2])) for down in spans[0] for right in spans[1]]


def _span(start: int, stop: int, side: int) -> tuple[slice, slice, slice]:
    first, last = max(0, start - OVERLAP), min(side, stop + OVERLAP)
    return slice(first, last), slice(start, stop), slice(start - first, stop - first)


def _frame(judged: np.ndarray) -> tuple[slice, slice]:
    """The smallest box around what is judged."""
    rows, cols = np.flatnonzero(judged.any(axis=1)), np.flatnonzero(judged.any(axis=0))
    if not len(rows):
        return slice(0, 0), slice(0, 0)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(cols[0]), int(cols[-1]) + 1)


def _filled(values: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """Values with the median where nothing is judged."""
    return values if judged.all() else np.where(judged, values, np.float32(np.median(values[judged])))
