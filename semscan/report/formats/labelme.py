"""The regions of one image as a labelme 5 file, to view and correct."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from semscan.report.formats.outline import outline
from semscan.report.formats.region_pixels import RegionPixels
from semscan.values.record import Record
from semscan.version import __version__

VERSION = "5.5.0"  # of the format
# labelme itself writes these keys over several lines: a file that somebody has corrected no longer begins like this
MARK = b'{"version": "' + VERSION.encode() + b'", "semscan_version": '


def labelme(record: Record, pieces: Sequence[RegionPixels], image_path: str, grey: np.ndarray | None = None) -> bytes:
    """Return the regions of one image as labelme shapes.

    A shape is a polygon along the edges of the pixels, a mask where there are holes, a rectangle where the pixels are
    not known. The label is the class or "defect", the group the region's id. The
    verdict of a review is in the key ``reviewed`` of a shape.

    Parameters
    ----------
    record : Record
        Of the image.
    pieces : sequence of RegionPixels
        Its regions.
    image_path : str
        From the file's folder to the image, with forward slashes.
    grey : ndarray of float, shape (rows, cols), optional
        The image, black 0 to white 1, to put into the file where labelme could not open it (palettes, pages).
    """
    return json.dumps(
        {
            "version": VERSION,
            "semscan_version": __version__,
            "flags": {"defect": bool(record.defect)},
            "shapes": [_shape(piece) for piece in pieces],
            "imagePath": image_path,
            "imageData": None if grey is None else _png(np.rint(np.clip(grey, 0, 1) * 255)),
            "imageHeight": record.height,
            "imageWidth": record.width,
        }
    ).encode()


def _shape(piece: RegionPixels) -> dict[str, Any]:
    left, top, width, height = piece.region.bbox
    rings = outline(piece)
    shape: dict[str, Any] = {
        "label": piece.class_name,
        "points": [list(map(float, corner)) for corner in rings[0]],
        "group_id": piece.region.id,
        "description": piece.region.description or "",
        "shape_type": "polygon",
        "flags": {"nuisance": piece.region.nuisance},
        "mask": None,
        "score": piece.region.peak,
    }
    if piece.region.reviewed is not None:
        shape["reviewed"] = piece.region.reviewed
    if piece.inside is None:
        shape |= {"shape_type": "rectangle", "points": [[left, top], [left + width, top + height]]}
    elif len(rings) > 1:
        ends = [[left, top], [left + width - 1, top + height - 1]]  # a mask's corners are pixels, both inside
        shape |= {"shape_type": "mask", "points": ends, "mask": _png(piece.inside)}
    return shape


def _png(pixels: np.ndarray) -> str:
    return base64.b64encode(cv2.imencode(".png", pixels.astype(np.uint8))[1].tobytes()).decode()
