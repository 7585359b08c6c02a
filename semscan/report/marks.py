"""Regions outlined and numbered. The marks lie around a region, never on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from semscan.report import colours, text
from semscan.values import Box, Region

MOST_NUMBERS = 200


def draw_marks(canvas: np.ndarray, mask: np.ndarray, regions: Sequence[Region], zoom: int, size: int) -> None:
    """Outline every region of `mask` and write its number beside it, hottest first.

    Parameters
    ----------
    canvas : ndarray of uint8, shape (rows, cols, 3)
        Changed in place.
    mask : ndarray of uint8, shape (rows, cols)
        0 or 255: the pixels of the regions, at the size of `canvas`.
    regions : sequence of Region
        In pixels of the image, `zoom` times smaller than the canvas.
    zoom : int
        Canvas pixels for one image pixel.
    size : int
        Height of the type, pixels. Strokes follow it.
    """
    if not regions:
        return
    thin = max(1, size // 14)
    gap = 2 * thin + 1  # from the region to the middle of its outline
    # in a frame, so that at the picture's border the outline lies outside and not on the region
    framed = _grown(np.pad(mask, 2 * gap), gap)
    contours, _ = cv2.findContours(framed, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE, offset=(-2 * gap, -2 * gap))
    cv2.drawContours(canvas, contours, -1, colours.DARK, 3 * thin)
    cv2.drawContours(canvas, contours, -1, colours.OUTLINE, thin)
    taken, forbidden = _grown(mask, gap + 2 * thin), _grown(mask, gap)
    for number, region in enumerate(regions[:MOST_NUMBERS], start=1):
        _number(canvas, forbidden, taken, str(number), _zoomed(region.box, zoom, gap + 2 * thin), size)


def _number(
    canvas: np.ndarray, forbidden: np.ndarray, taken: np.ndarray, words: str, box: Box, size: int
) -> None:
    """Write a number at the nearest free place, with a line to its region when that is not beside it."""
    rows, cols = text.halo_box(words, size)
    free = [
        (top, left, far)
        for top, left, far in _places(box, rows, cols)
        if 0 <= top <= taken.shape[0] - rows
        and 0 <= left <= taken.shape[1] - cols
        and not taken[top : top + rows, left : left + cols].any()
    ]
    thin = max(1, size // 20)
    for avoided in (taken, forbidden):  # at worst a line crosses an outline or a number, never a region
        for top, left, far in free:
            line = _between(box, Box(top, left, top + rows, left + cols))
            if far and _crosses(avoided, *line):
                continue
            if far:
                cv2.line(canvas, *line, colours.DARK, 3 * thin, cv2.LINE_AA)
                cv2.line(canvas, *line, colours.OUTLINE, thin, cv2.LINE_AA)
            taken[top : top + rows, left : left + cols] = 255
            text.put_with_halo(canvas, words, left, top, size, colours.OUTLINE)
            return


def _places(box: Box, rows: int, cols: int) -> Iterator[tuple[int, int, bool]]:
    """Top, left corners around the box, nearest first; the last item is True where a line helps."""
    middle_row, middle_col = (box.top + box.bottom - rows) // 2, (box.left + box.right - cols) // 2
    for step in (0, 1, 2, 4, 7):
        away = step * rows
        above, below = box.top - rows - away, box.bottom + away
        before, after = box.left - cols - away, box.right + away
        for top, left in (
            *((middle_row, after), (above, after), (below, after), (middle_row, before)),
            *((above, before), (below, before), (above, middle_col), (below, middle_col)),
        ):
            yield top, left, step > 0


def _between(box: Box, label: Box) -> tuple[tuple[int, int], tuple[int, int]]:
    """The nearest points of two boxes, as x, y."""
    x = _nearest(box.left, box.right, label.left, label.right)
    y = _nearest(box.top, box.bottom, label.top, label.bottom)
    return (x[0], y[0]), (x[1], y[1])


def _nearest(start: int, stop: int, label_start: int, label_stop: int) -> tuple[int, int]:
    if label_start >= stop:
        return stop, label_start
    if label_stop <= start:
        return start, label_stop
    middle = (max(start, label_start) + min(stop, label_stop)) // 2
    return middle, middle


def _crosses(taken: np.ndarray, start: tuple[int, int], end: tuple[int, int]) -> bool:
    """True if the line from `start` to `end` runs over something."""
    steps = max(abs(end[0] - start[0]), abs(end[1] - start[1])) + 1
    cols = np.linspace(start[0], end[0], steps).astype(int)
    rows = np.linspace(start[1], end[1], steps).astype(int)
    return bool(taken[rows.clip(0, taken.shape[0] - 1), cols.clip(0, taken.shape[1] - 1)].any())


def _zoomed(box: Box, zoom: int, margin: int) -> Box:
    return Box(
        box.top * zoom - margin, box.left * zoom - margin, box.bottom * zoom + margin, box.right * zoom + margin
    )


def _grown(mask: np.ndarray, radius: int) -> np.ndarray:
    # a square is separable and so quick; the corners it adds are smaller than the outline's stroke
    return cv2.dilate(mask, np.ones((2 * radius + 1, 2 * radius + 1), np.uint8))
