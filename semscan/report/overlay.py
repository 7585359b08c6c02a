"""The picture people look at first: the image, what is hot in it, and where the regions are."""

from __future__ import annotations

import math

import cv2
import numpy as np

from semscan.report import colours, legend
from semscan.report.marks import draw_marks
from semscan.values import CleanImage, Inspection

SMALLEST_PICTURE = 360  # smaller images are enlarged by a whole number: the marks need room
SMALLEST_TYPE = 13
TYPE_SHARE = 56  # the type's height is this part of the picture's side, so it reads the same at any size


def draw_overlay(image: CleanImage, heat: np.ndarray, mask: np.ndarray, inspection: Inspection) -> np.ndarray:
    """Draw the image with its heat map, outlined and numbered regions, colour bar and verdict.

    The image lies in the top left corner, so that a pixel of the picture is the same pixel of
    the image (times a whole number for images smaller than `SMALLEST_PICTURE`); the colour bar
    stands to its right, name and verdict below, none of it over the image. One colour scale, 0 to 1,
    serves all images. The number of a region is its `id` in the record and stands beside it. What was not
    judged is hatched.

    Parameters
    ----------
    image : CleanImage
        As judged.
    heat : ndarray of float32, shape (rows, cols)
        Calibrated map, 0 to 1.
    mask : ndarray of uint8, shape (rows, cols)
        0 or 255: the pixels of the regions.
    inspection : Inspection
        Regions, score, threshold, name.

    Returns
    -------
    ndarray of uint8, shape (more rows, more cols, 3)
        BGR.
    """
    rows, cols = image.values.shape
    zoom = math.ceil(SMALLEST_PICTURE / max(rows, cols))
    size = max(SMALLEST_TYPE, round(zoom * math.sqrt(rows * cols) / TYPE_SHARE))
    high, wide = rows * zoom, cols * zoom
    body = max(high, 7 * size)  # a flat image still has room for the colour bar ...
    margin = max(legend.margin_width(size), 18 * size - wide)  # ... and a narrow one for the verdict
    canvas = np.full((body + legend.caption_height(size), wide + margin, 3), colours.PAPER, np.uint8)
    picture = canvas[:high, :wide]
    picture[:] = colours.paint(_enlarged(colours.to_grey(image.values), zoom), _enlarged(heat, zoom))
    if not image.judged.all():
        _hatch(picture, _enlarged(image.judged.astype(np.uint8), zoom) == 0, size)
    draw_marks(picture, _enlarged(mask, zoom), inspection.regions, zoom, size)
    legend.draw_colour_bar(canvas[:body, wide:], inspection.threshold, size)
    legend.draw_caption(canvas[body:], inspection, size)
    return canvas


def _hatch(picture: np.ndarray, where: np.ndarray, size: int) -> None:
    """Draw thin slanted lines, in place, over the pixels `where`; between them the picture stays as it was."""
    rows, cols = where.shape
    gap, thin = size, max(1, size // 12)
    slant = np.arange(rows)[:, np.newaxis] + np.arange(cols)
    line, rim = slant % gap < thin, slant % gap < 3 * thin  # light with a dark rim: seen on any grey
    picture[where & rim] = colours.DARK
    picture[where & line] = colours.FINE


def _enlarged(values: np.ndarray, zoom: int) -> np.ndarray:
    if zoom == 1:
        return values
    return cv2.resize(values, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_NEAREST)
