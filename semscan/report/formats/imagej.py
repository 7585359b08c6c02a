"""The regions of one image as a zip of ImageJ ROIs."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

import numpy as np
from roifile import ROI_TYPE, ImagejRoi

from semscan.report.formats.outline import outline
from semscan.report.formats.region_pixels import RegionPixels

MARK = b"semscan"  # the zip's comment
NUISANCE_GROUP = 1
REVIEWED_GROUPS = {"real": 2, "unsure": 3, "missed": 4}  # verdicts of a review; what is harmless is nuisance
BEGIN = (1980, 1, 1, 0, 0, 0)  # the date of all entries, so that the same regions give the same bytes
# segments of a composite's path
MOVE = 0.0
LINE = 1.0
CLOSE = 4.0


def roi_zip(pieces: Sequence[RegionPixels]) -> bytes:
    """Return one ROI for each region, named by its id; outlines run along the edges of the pixels, holes are kept.

    Nuisance regions are in ImageJ's ROI group `NUISANCE_GROUP`, reviewed ones in those of `REVIEWED_GROUPS`, the others
    in none.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = MARK
        for piece in pieces:
            archive.writestr(zipfile.ZipInfo(f"{piece.region.id}.roi", BEGIN), _roi(piece).tobytes())
    return buffer.getvalue()


def _roi(piece: RegionPixels) -> ImagejRoi:
    rings = outline(piece)
    roi = ImagejRoi.frompoints(np.array(rings[0]), name=str(piece.region.id))
    roi.roitype = ROI_TYPE.TRACED
    left, top, width, height = piece.region.bbox
    roi.right = left + width  # corners, not pixels: the last corner lies beyond the last pixel
    roi.bottom = top + height
    if len(rings) > 1:
        roi.roitype = ROI_TYPE.RECT  # a composite is a rectangle with a path
        roi.n_coordinates = 0
        roi.integer_coordinates = None
        path: list[float] = []
        for ring in rings:
            for number, (x, y) in enumerate(ring):
                path += [LINE if number else MOVE, x, y]
            path.append(CLOSE)
        roi.multi_coordinates = np.array(path, np.float32)
        roi.shape_roi_size = len(path)
    group = NUISANCE_GROUP if piece.region.nuisance else REVIEWED_GROUPS.get(piece.region.reviewed or "")
    if group is not None:
        roi.group = group
    return roi
