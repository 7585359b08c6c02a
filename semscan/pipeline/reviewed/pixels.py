"""The pixels of the regions of a reviewed image, and of the defects that were drawn in it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from semscan.errors import SemscanError
from semscan.files.datasets.reviewed import ReviewedImage
from semscan.files.results.finished_run import FinishedRun
from semscan.files.results.map_file import read_tiff_map
from semscan.files.results.report_files import read_mask
from semscan.files.results.review import HARMLESS, Decision
from semscan.regions.polygon import polygon_pixels
from semscan.report.formats.region_pixels import region_pixels
from semscan.settings import MAX_IMAGE_PIXELS
from semscan.values import Box
from semscan.values.record import Record, RegionRecord

RegionMasks = Mapping[int, np.ndarray | None]


@dataclass(frozen=True, slots=True)
class DrawnDefect:
    """A defect that was drawn: its box, and which pixels of the box it is, bool (rows, cols)."""

    decision: Decision
    box: Box
    inside: np.ndarray


def drawn_defects(image: ReviewedImage) -> tuple[DrawnDefect, ...]:
    """Return the drawn defects that lie in the image; none where its record has a size that no image has."""
    shape = (image.record.height, image.record.width)
    if math.prod(shape) > MAX_IMAGE_PIXELS:
        return ()
    drawn = ((decision, polygon_pixels(decision.polygon or (), shape)) for decision in image.missed)
    return tuple(DrawnDefect(decision, *found) for decision, found in drawn if found is not None)


def region_masks(finished: FinishedRun, record: Record) -> RegionMasks:
    """Return the pixels of each region in its box, bool (rows, cols), by its id; None where they are not known.

    They are those of the mask; without one, of the map above the threshold.
    """
    if not record.regions:
        return {}
    shown = read_mask(finished, record)
    values = read_map(finished, record) if shown is None else None
    if values is not None:
        shown = (values > record.threshold).astype(np.uint8)
    return {piece.region.id: piece.inside for piece in region_pixels(record, shown)}


def read_map(finished: FinishedRun, record: Record) -> np.ndarray | None:
    """Read the map of an image, float32 (rows, cols); None if it was not written, is gone or damaged."""
    path = finished.locate(record.outputs.map)
    if path is None:
        return None
    try:
        values, _ = read_tiff_map(path)
    except SemscanError:
        return None
    return values if values.shape == (record.height, record.width) else None


def found_again(drawn: DrawnDefect, image: ReviewedImage, masks: RegionMasks) -> RegionRecord | None:
    """Return the region that holds a pixel of a drawn defect: it is found after all. None for a missed defect.

    Regions that do not count, and harmless ones, do not find it.
    """
    for region in image.record.defects:
        if image.verdict_of(region) != HARMLESS and _touch(drawn, region.box, masks.get(region.id)):
            return region
    return None


def _touch(drawn: DrawnDefect, box: Box, inside: np.ndarray | None) -> bool:
    top, left = max(drawn.box.top, box.top), max(drawn.box.left, box.left)
    bottom, right = min(drawn.box.bottom, box.bottom), min(drawn.box.right, box.right)
    if top >= bottom or left >= right:
        return False
    own = drawn.inside[top - drawn.box.top : bottom - drawn.box.top, left - drawn.box.left : right - drawn.box.left]
    if inside is None:
        return bool(own.any())
    other = inside[top - box.top : bottom - box.top, left - box.left : right - box.left]
    return bool((own & other).any())
