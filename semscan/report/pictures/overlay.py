"""The overlay: the image with its anomaly map, its regions, a colour bar and a verdict."""

from __future__ import annotations

import math

import cv2
import numpy as np

from semscan.report.pictures import colours, legend, lettering
from semscan.report.pictures.region_marks import draw_marks
from semscan.values import CleanImage
from semscan.values.record import Record

SMALLEST_PICTURE = 360  # smaller images are enlarged by a whole number: the marks need room
SMALLEST_TYPE = 13
SMALLEST_STRIP = 6
TYPE_SHARE = 56  # the type's height is this part of the picture's side, so it reads the same at any size


def draw_overlay(image: CleanImage, anomaly_map: np.ndarray, labels: np.ndarray, record: Record) -> np.ndarray:
    """Draw the image with its anomaly map, outlined and numbered regions, colour bar and verdict.

    The image lies in the top left corner, so that a pixel of the picture is the same pixel of
    the image (times a whole number for images smaller than `SMALLEST_PICTURE`); the colour bar
    stands to its right, name, scale bar (when calibrated) and verdict below, none of it over the image; only an image
    unlike the training images has a strip across it that says so. One
    colour scale, 0 to 1, serves all images. The number of a region is its `id` in the record and stands next to
    it. Pixels that were not judged are hatched; the data bar stays legible and only has a line above it.

    Parameters
    ----------
    image : CleanImage
        As judged.
    anomaly_map : ndarray of float32, shape (rows, cols)
        Calibrated map, 0 to 1.
    labels : ndarray of int, shape (rows, cols)
        n at the pixels of region n, 0 elsewhere.
    record : Record
        Regions, score, threshold, name.

    Returns
    -------
    ndarray of uint8, shape (more rows, more cols, 3)
        BGR.
    """
    rows, cols = image.values.shape
    zoom = _zoom(rows, cols)
    size = max(SMALLEST_TYPE, round(zoom * math.sqrt(rows * cols) / TYPE_SHARE))
    high = rows * zoom
    wide = cols * zoom
    body = max(high, 7 * size)  # a flat image still has room for the colour bar ...
    margin = max(legend.margin_width(size), 18 * size - wide)  # ... and a narrow one for the verdict
    canvas = np.full((body + legend.caption_height(size), wide + margin, 3), colours.PAPER, np.uint8)
    picture = canvas[:high, :wide]
    picture[:] = colours.paint(_enlarged(colours.to_grey(image.values), zoom), _enlarged(anomaly_map, zoom))
    if not image.judged.all():
        bar = rows - image.data_bar_px
        _hatch(picture[: bar * zoom], _enlarged(image.judged[:bar].astype(np.uint8), zoom) == 0, size)
        if image.data_bar_px:
            _rule(picture, bar * zoom, size)
    draw_marks(picture, _enlarged(labels, zoom), record.regions, zoom, size)
    if record.unlike_training:
        _strip(picture, "UNLIKE THE TRAINING IMAGES: NO VERDICT", size)
    judged = record.score is not None  # a model of classes alone gives no verdict
    legend.draw_colour_bar(canvas[:body, wide:], record.threshold if judged else None, size)
    legend.draw_caption(canvas[body:], record, size, zoom)
    return canvas


def image_part(overlay: np.ndarray, rows: int, cols: int) -> np.ndarray | None:
    """Return the part of an overlay that shows the image; None if it is not an overlay of `rows` x `cols` pixels.

    Examples
    --------
    >>> image_part(np.zeros((500, 700, 3), np.uint8), 400, 600).shape
    (400, 600, 3)
    """
    if min(rows, cols) <= 0:
        return None
    zoom = _zoom(rows, cols)
    fits = overlay.shape[0] > rows * zoom and overlay.shape[1] > cols * zoom
    return overlay[: rows * zoom, : cols * zoom] if fits else None


def _zoom(rows: int, cols: int) -> int:
    return math.ceil(SMALLEST_PICTURE / max(rows, cols))


def _hatch(picture: np.ndarray, where: np.ndarray, size: int) -> None:
    """Draw thin slanted lines, in place, over the pixels `where`; between them the picture stays as it was."""
    rows, cols = where.shape
    thin = max(1, size // 12)
    slant = (np.arange(rows)[:, np.newaxis] + np.arange(cols)) % size
    picture[where & (slant < 3 * thin)] = colours.DARK  # a dark rim makes the light line legible on any grey
    picture[where & (slant < thin)] = colours.FINE


def _rule(picture: np.ndarray, row: int, size: int) -> None:
    """Draw a line across, in place, above a row: light with a dark rim."""
    thin = max(1, size // 12)
    cv2.line(picture, (0, row - 1), (picture.shape[1], row - 1), colours.DARK, 3 * thin)
    cv2.line(picture, (0, row - 1), (picture.shape[1], row - 1), colours.FINE, thin)


def _strip(picture: np.ndarray, words: str, size: int) -> None:
    """Draw words on a dark strip across the middle of the picture, in place, as large as there is room for."""
    rows, cols = picture.shape[:2]
    while size > SMALLEST_STRIP and lettering.width(words, size, bold=True) > cols - size:
        size -= 1
    top = max(0, rows // 2 - size)
    bottom = min(rows, top + 2 * size)
    picture[top:bottom] = colours.DARK
    left = max(0, (cols - lettering.width(words, size, bold=True)) // 2)
    lettering.put(picture, words, left, min(rows - 1, top + round(1.35 * size)), size, colours.UNLIKE, bold=True)


def _enlarged(values: np.ndarray, zoom: int) -> np.ndarray:
    if zoom == 1:
        return values
    return cv2.resize(values, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_NEAREST)
