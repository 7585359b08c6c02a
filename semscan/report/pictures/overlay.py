"""The overlay: the image with its anomaly map, its regions, a colour bar and a verdict."""

from __future__ import annotations

import math

import cv2
import numpy as np

from semscan.report.pictures import colours, legend, lettering
from semscan.report.pictures.region_marks import draw_marks
from semscan.values import CleanImage
from semscan.values.record import Record

HEAT, CONTOUR, TRIPTYCH = "heat", "contour", "triptych"  # styles; any other is "faded"
FADED = 0.25  # of the opacity of the map, within an outline
SMALLEST_PICTURE = 360  # smaller images are enlarged by a whole number: the marks need room
SMALLEST_TYPE = 13
SMALLEST_STRIP = 6
TYPE_SHARE = 56  # the type's height is this part of the picture's side, so it reads the same at any size


def draw_overlay(
    image: CleanImage,
    anomaly_map: np.ndarray,
    labels: np.ndarray,
    record: Record,
    *,
    style: str = "faded",
    title: str | None = None,
    reference: np.ndarray | None = None,
) -> np.ndarray:
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
    style, title
        See `semscan.settings.OutputSettings`.
    reference : ndarray of float32, shape (rows, cols), optional
        The golden reference, 0 to 1, for the style triptych.

    Returns
    -------
    ndarray of uint8, shape (more rows, more cols, 3)
        BGR.
    """
    rows, cols = image.values.shape
    zoom = _zoom(rows, cols)
    size = _type_size(rows, cols, zoom)
    high = rows * zoom
    wide = cols * zoom
    canvas, body = _canvas(high, wide, 0 if style == CONTOUR else legend.margin_width(size), size)
    picture = canvas[:high, :wide]
    grey, numbers = _enlarged(colours.to_grey(image.values), zoom), _enlarged(labels, zoom)
    picture[:] = painted(grey, _enlarged(anomaly_map, zoom), numbers > 0, style)
    if not image.judged.all():
        bar = rows - image.data_bar_px
        _hatch(picture[: bar * zoom], _enlarged(image.judged[:bar].astype(np.uint8), zoom) == 0, size)
        if image.data_bar_px:
            _rule(picture, bar * zoom, size)
    draw_marks(picture, numbers, record.regions, zoom, size)
    if record.unlike_training:
        _strip(picture, "UNLIKE THE TRAINING IMAGES: NO VERDICT", size)
    judged = record.score is not None  # a model of classes alone gives no verdict
    if style != CONTOUR:
        legend.draw_colour_bar(canvas[:body, wide:], record.threshold if judged else None, size)
    legend.draw_caption(canvas[body:], record, size, zoom, title)
    if style != TRIPTYCH or reference is None:
        return canvas
    panels = {
        "golden reference": reference,
        "difference, grey: none": np.where(image.judged, (1 + image.values - reference) / 2, 0.5),
    }
    drawn = (_panel(canvas.shape[0], values, words, zoom, size) for words, values in panels.items())
    return np.hstack([canvas, *drawn])


def draw_not_judged(image: CleanImage, name: str, reason: str, *, title: str | None = None) -> np.ndarray:
    """Draw an image that could not be judged: a strip across it says so, the caption says why.

    Parameters
    ----------
    image : CleanImage
        As it was read.
    name, reason : str
        The file, and why it could not be judged.
    title : str, optional
        Stands below the picture in place of the file's name.

    Returns
    -------
    ndarray of uint8, shape (more rows, more cols, 3)
        BGR; laid out as `draw_overlay` does.
    """
    rows, cols = image.values.shape
    zoom = _zoom(rows, cols)
    size = _type_size(rows, cols, zoom)
    canvas, body = _canvas(rows * zoom, cols * zoom, 0, size)
    picture = canvas[: rows * zoom, : cols * zoom]
    picture[:] = cv2.cvtColor(_enlarged(colours.to_grey(image.values), zoom), cv2.COLOR_GRAY2BGR)
    _strip(picture, "NOT JUDGED", size)
    legend.draw_refusal(canvas[body:], title or name, reason, size)
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
    fits = overlay.shape[0] > rows * zoom and overlay.shape[1] >= cols * zoom
    return overlay[: rows * zoom, : cols * zoom] if fits else None


def painted(grey: np.ndarray, anomaly_map: np.ndarray, inside: np.ndarray, style: str) -> np.ndarray:
    """Lay the map over the grey picture; `inside` are the pixels of regions, bool. BGR."""
    plain = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    if style == CONTOUR:
        return plain
    painted = colours.paint(grey, anomaly_map)
    if style != HEAT and inside.any():
        painted[inside] = cv2.addWeighted(painted, FADED, plain, 1 - FADED, 0)[inside]
    return painted


def _panel(height: int, values: np.ndarray, words: str, zoom: int, size: int) -> np.ndarray:
    """Return a picture of values, 0 to 1, with words below, to stand next to an overlay of that height."""
    rows, cols = (side * zoom for side in values.shape)
    panel = np.full((height, max(cols, lettering.width(words, size)) + size, 3), colours.PAPER, np.uint8)
    grey = _enlarged(colours.to_grey(values.astype(np.float32)), zoom)
    panel[:rows, size : size + cols] = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    lettering.put(panel, words, size, height - legend.caption_height(size) + round(1.3 * size), size, colours.INK)
    return panel


def _canvas(high: int, wide: int, scale: int, size: int) -> tuple[np.ndarray, int]:
    """Return an empty picture with room for an image and its legend, and the row where the caption begins."""
    body = max(high, 7 * size)  # a flat image still has room for the colour bar ...
    margin = max(scale, 18 * size - wide)  # ... and a narrow one for the verdict
    return np.full((body + legend.caption_height(size), wide + margin, 3), colours.PAPER, np.uint8), body


def _type_size(rows: int, cols: int, zoom: int) -> int:
    return max(SMALLEST_TYPE, round(zoom * math.sqrt(rows * cols) / TYPE_SHARE))


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
