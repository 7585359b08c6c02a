"""The pictures of a large image: a preview that any viewer opens, a pyramid at full resolution, the mask and crops."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from semscan.files.disk.atomic import replacing, write_png
from semscan.files.results.folder import CROP, MASK, OVERLAY, OVERLAY_PYRAMID, output_path
from semscan.files.results.tiled.png_rows import PngRows
from semscan.files.results.tiled.tiled_tiff import COLOUR_TILES, TiledTiff
from semscan.pipeline.large.preview import Preview
from semscan.plane import Plane
from semscan.report.pictures import colours
from semscan.report.pictures.crops import draw_crop
from semscan.report.pictures.overlay import painted
from semscan.settings import OutputSettings
from semscan.values import CleanImage
from semscan.values.record import Outputs, Record

ROWS = 256  # that are drawn at a time
GAP = 3  # px from a region to its outline


def write_large_pictures(
    image: CleanImage,
    anomaly_map: TiledTiff,
    labels: Plane,
    runs: list[np.ndarray],
    record: Record,
    base: Path,
    settings: OutputSettings,
) -> Outputs:
    """Write overlay, its pyramid, mask and crops as asked for; return their paths.

    Parameters
    ----------
    image : CleanImage
        Its `values` and `judged` are planes.
    anomaly_map : TiledTiff
        All rows of it.
    labels : Plane
        n at the pixels of region n, 0 elsewhere.
    runs : list of ndarray
        The same pixels, see `semscan.regions.in_bands`.
    record : Record
    base : Path
        Claimed name, without suffix.
    """
    outputs = Outputs()
    if settings.overlay:
        small, large = _write_overlay(image, anomaly_map, labels, runs, record, base, settings)
        outputs = replace(outputs, overlay=small, overlay_pyramid=large)
    if settings.mask:
        path = output_path(base, MASK)
        _write_mask(path, labels)
        outputs = replace(outputs, mask=str(path))
    if settings.crops:
        crops = []
        for region in record.regions:
            path = output_path(base, CROP.format(region.id))
            # a plane where others have an array: only the window about the region is read
            write_png(path, draw_crop(image, cast(np.ndarray, anomaly_map), region))
            crops.append(str(path))
        outputs = replace(outputs, crops=tuple(crops))
    return outputs


def _write_overlay(
    image: CleanImage,
    anomaly_map: TiledTiff,
    labels: Plane,
    runs: list[np.ndarray],
    record: Record,
    base: Path,
    settings: OutputSettings,
) -> tuple[str, str]:
    """Draw preview and pyramid in one pass; return their paths."""
    rows, cols = anomaly_map.shape
    nuisance = np.array([False, *(region.nuisance for region in record.regions)])
    preview = Preview((rows, cols))
    large = output_path(base, OVERLAY_PYRAMID)
    with replacing(large) as file:
        pyramid = TiledTiff(file, (rows, cols), COLOUR_TILES)
        for top in range(0, rows, ROWS):
            band = slice(top, min(top + ROWS, rows)), slice(0, cols)
            grey = colours.to_grey(image.values[band])
            values = anomaly_map[band]
            preview.push(grey, values)
            drawn = painted(grey, values, labels[band] > 0, settings.overlay_style)
            _outline(drawn, labels, band[0], nuisance)
            pyramid.push(drawn)
        pyramid.finish()
    small = output_path(base, OVERLAY)
    write_png(small, preview.drawn(image, runs, record, settings))
    return str(small), str(large)


def _outline(drawn: np.ndarray, labels: Plane, rows: slice, nuisance: np.ndarray) -> None:
    """Draw lines around the regions into some rows of the picture, in place."""
    reach = GAP + 2
    first = max(0, rows.start - reach)
    near = labels[slice(first, rows.stop + reach), slice(0, drawn.shape[1])]
    if not near.any():
        return
    own = slice(rows.start - first, rows.stop - first)
    counted = ((near > 0) & ~nuisance[near]).astype(np.uint8)
    for mask, colour in ((nuisance[near].astype(np.uint8), colours.NUISANCE), (counted, colours.OUTLINE)):
        inner, edge, line, outer = (_grown(mask, radius)[own] > 0 for radius in (GAP - 2, GAP - 1, GAP, GAP + 1))
        drawn[outer & ~inner] = colours.DARK
        drawn[line & ~edge] = colour


def _grown(mask: np.ndarray, radius: int) -> np.ndarray:
    return cv2.dilate(mask, np.ones((2 * radius + 1, 2 * radius + 1), np.uint8))


def _write_mask(path: Path, labels: Plane) -> None:
    rows, cols = labels.shape
    with replacing(path) as file:
        mask = PngRows(file, (rows, cols))
        for top in range(0, rows, ROWS):
            band = labels[slice(top, min(top + ROWS, rows)), slice(0, cols)]
            mask.push((band > 0).view(np.uint8) * np.uint8(255))
        mask.finish()
