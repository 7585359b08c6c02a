"""Regions as COCO JSON (object detection, https://cocodataset.org/#format-data)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from semscan.report.formats.outline import outline
from semscan.report.formats.region_pixels import DEFECT, RegionPixels
from semscan.values.record import Record
from semscan.version import __version__

MARK = b'{"info": {"description": "semscan'


def coco(found: Sequence[tuple[Record, str, Sequence[RegionPixels]]]) -> bytes:
    """Return all images and regions as one COCO file.

    Boxes are x, y, width, height in pixels. The segmentation is the exact outline as a polygon along the edges
    of the pixels; a region with holes, which polygons cannot hold, is run-length encoded; one without a mask is
    its box. Categories are the classes; a region without one is a "defect". Nuisance is an attribute, and so is
    the verdict of a review.

    Parameters
    ----------
    found : sequence of (Record, file name, sequence of RegionPixels)
        Each inspected image, the name it gets in the file, and its regions.
    """
    names = category_names([piece for _, _, pieces in found for piece in pieces])
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for image_id, (record, file_name, pieces) in enumerate(found, start=1):
        images.append({"id": image_id, "file_name": file_name, "width": record.width, "height": record.height})
        for piece in pieces:
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image_id,
                    "category_id": names.index(piece.class_name) + 1,
                    **_annotation(piece, record.height, record.width),
                }
            )
    return json.dumps(
        {
            "info": {"description": f"semscan {__version__}", "version": "1.0"},
            "licenses": [],
            "categories": [{"id": n, "name": name, "supercategory": DEFECT} for n, name in enumerate(names, start=1)],
            "images": images,
            "annotations": annotations,
        }
    ).encode()


def category_names(pieces: Sequence[RegionPixels]) -> list[str]:
    """List the classes in use, in the order of the alphabet; at least one."""
    return sorted({piece.class_name for piece in pieces}) or [DEFECT]


def _annotation(piece: RegionPixels, rows: int, cols: int) -> dict[str, Any]:
    rings = outline(piece)
    reviewed = {} if piece.region.reviewed is None else {"reviewed": piece.region.reviewed}
    return {
        "bbox": list(piece.region.bbox),
        "area": piece.region.area_px,
        "segmentation": [[value for corner in rings[0] for value in corner]]
        if len(rings) == 1
        else run_lengths(piece, rows, cols),
        "iscrowd": 0,
        "score": piece.region.peak,
        "attributes": {"region_id": piece.region.id, "nuisance": piece.region.nuisance} | reviewed,
    }


def run_lengths(piece: RegionPixels, rows: int, cols: int) -> dict[str, Any]:
    """Return the pixels of a region as COCO's uncompressed run lengths: column by column, zeros first."""
    left, top, width, height = piece.region.bbox
    whole = np.zeros((cols, rows), bool)
    whole[left : left + width, top : top + height] = True if piece.inside is None else piece.inside.T
    flat = np.concatenate([[False], whole.ravel()])
    ends = np.flatnonzero(flat[1:] != flat[:-1])
    counts = np.diff(np.concatenate([[0], ends, [whole.size]]))
    return {"size": [rows, cols], "counts": counts.tolist()}
