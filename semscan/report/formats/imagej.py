"""Findings of one image as a zip of ImageJ ROIs."""

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
BEGIN = (1980, 1, 1, 0, 0, 0)  # the same findings give the same bytes
# of a composite's path
MOVE = 0.0
LINE = 1.0
CLOSE = 4.0


def roi_zip(pieces: Sequence[RegionPixels]) -> bytes:
    """One ROI for each region, named by its id; the outline runs along the edges of the pixels, holes are kept.

    Nuisance regions are in ImageJ's ROI group `NUISANCE_GROUP`, the others in none.
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
    roi.right, roi.bottom = left + width, top + height  # corners, not pixels: none beyond the last
    if len(rings) > 1:
        roi.roitype, roi.n_coordinates, roi.integer_coordinates = ROI_TYPE.RECT, 0, None
        path: list[float] = []
        for ring in rings:
            for number, (x, y) in enumerate(ring):
                path += [LINE if number else MOVE, x, y]
            path.append(CLOSE)
        roi.multi_coordinates, roi.shape_roi_size = np.array(path, np.float32), len(path)
    if piece.region.nuisance:
        roi.group = NUISANCE_GROUP
    return roi
