"""Regions outlined, numbered and named. The marks lie around a region, never on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from semscan.report.pictures import colours, lettering
from semscan.values import Box
from semscan.values.record import RegionRecord

MOST_NUMBERS = 200
MOST_NAMES = 40  # regions of an image; beyond, words would leave no room for the numbers
NAME_SHARE = 0.4  # of the picture's width, for a class name


def draw_marks(canvas: np.ndarray, labels: np.ndarray, regions: Sequence[RegionRecord], zoom: int, size: int) -> None:
    """Outline every region and write its label next to it, highest peak first.

    The label is its number with the class and its probability, or "nuisance", which has a colour of its own. Where
    there is no room for that, the number stands alone.

    Parameters
    ----------
    canvas : ndarray of uint8, shape (rows, cols, 3)
        Changed in place.
    labels : ndarray of int, shape (rows, cols)
        n at the pixels of ``regions[n - 1]``, 0 elsewhere; at the size of `canvas`.
    regions : sequence of RegionRecord, in pixels of the image
    zoom : int
        Canvas pixels for one image pixel.
    size : int
        Height of the type, pixels. Strokes follow it.
    """
    if not regions:
        return
    mask = (labels > 0).view(np.uint8) * np.uint8(255)
    thin = max(1, size // 14)
    gap = 2 * thin + 1  # from the region to the middle of its outline
    contours = _outlines(mask, gap)
    cv2.drawContours(canvas, contours, -1, colours.DARK, 3 * thin)
    for contour, colour in zip(contours, _contour_colours(contours, labels, regions, gap), strict=True):
        cv2.drawContours(canvas, [contour], -1, colour, thin)
    taken = _grown(mask, gap + 2 * thin)
    forbidden = _grown(mask, gap)
    for number, region in enumerate(regions[:MOST_NUMBERS], start=1):
        named = _named(number, region, size, round(NAME_SHARE * canvas.shape[1])) if len(regions) <= MOST_NAMES else ""
        box = _zoomed(region.box, zoom, gap + 2 * thin)
        for words in filter(None, dict.fromkeys((named, str(number)))):
            if _label(canvas, forbidden, taken, words, box, size, _colour(region)):
                break


def _named(number: int, region: RegionRecord, size: int, room: int) -> str:
    """Return a region's number with its class."""
    if region.nuisance:
        return f"{number} nuisance"
    if region.class_name is None:
        return str(number)
    share = "" if region.class_probability is None else f" {region.class_probability:.2f}"
    return f"{number} {lettering.shorten(region.class_name, size, room)}{share}"


def _colour(region: RegionRecord) -> lettering.Colour:
    return colours.NUISANCE if region.nuisance else colours.OUTLINE


def _outlines(mask: np.ndarray, gap: int) -> Sequence[np.ndarray]:
    """Return contours `gap` px outside the regions, at the picture's border too."""
    # in a frame, or at the border the outline would lie on the region
    framed = _grown(np.pad(mask, 2 * gap), gap)
    contours, _ = cv2.findContours(framed, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE, offset=(-2 * gap, -2 * gap))
    return contours


def _contour_colours(
    contours: Sequence[np.ndarray], labels: np.ndarray, regions: Sequence[RegionRecord], gap: int
) -> list[lettering.Colour]:
    """Return the colour of each contour: that of nuisance where all that it encloses is nuisance."""
    if not any(region.nuisance for region in regions):
        return [colours.OUTLINE] * len(contours)
    counted = np.array([False, *(not region.nuisance for region in regions)])  # by label; 0 is the background
    near_counted = _grown(counted[labels].astype(np.uint8), gap + 1)
    rows, cols = labels.shape
    return [
        colours.OUTLINE
        if near_counted[contour[:, 0, 1].clip(0, rows - 1), contour[:, 0, 0].clip(0, cols - 1)].any()
        else colours.NUISANCE
        for contour in contours
    ]


def _label(
    canvas: np.ndarray,
    forbidden: np.ndarray,
    taken: np.ndarray,
    words: str,
    box: Box,
    size: int,
    colour: lettering.Colour,
) -> bool:
    """Write at the nearest free place, with a line to the region if that is farther off; False if none is free."""
    rows, cols = lettering.halo_box(words, size)
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
                cv2.line(canvas, *line, colour, thin, cv2.LINE_AA)
            taken[top : top + rows, left : left + cols] = 255
            lettering.put_with_halo(canvas, words, left, top, size, colour)
            return True
    return False


def _places(box: Box, rows: int, cols: int) -> Iterator[tuple[int, int, bool]]:
    """Yield top, left corners around the box, nearest first; the last item is True where a line helps."""
    middle_row = (box.top + box.bottom - rows) // 2
    middle_col = (box.left + box.right - cols) // 2
    for step in (0, 1, 2, 4, 7):
        away = step * rows
        above = box.top - rows - away
        below = box.bottom + away
        before = box.left - cols - away
        after = box.right + away
        for top, left in (
            *((middle_row, after), (above, after), (below, after), (middle_row, before)),
            *((above, before), (below, before), (above, middle_col), (below, middle_col)),
            # words are wider than most regions: at the picture's side they begin or end with the region
            *((above, box.left), (below, box.left), (above, box.right - cols), (below, box.right - cols)),
        ):
            yield top, left, step > 0


def _between(box: Box, label: Box) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the nearest points of two boxes, as x, y."""
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
    """Return whether the line from `start` to `end` runs over marked pixels."""
    steps = max(abs(end[0] - start[0]), abs(end[1] - start[1])) + 1
    cols = np.linspace(start[0], end[0], steps).astype(int)
    rows = np.linspace(start[1], end[1], steps).astype(int)
    return bool(taken[rows.clip(0, taken.shape[0] - 1), cols.clip(0, taken.shape[1] - 1)].any())


def _zoomed(box: Box, zoom: int, margin: int) -> Box:
    return Box(box.top * zoom - margin, box.left * zoom - margin, box.bottom * zoom + margin, box.right * zoom + margin)


def _grown(mask: np.ndarray, radius: int) -> np.ndarray:
    # a square is separable and so quick; the corners it adds are smaller than the outline's stroke
    return cv2.dilate(mask, np.ones((2 * radius + 1, 2 * radius + 1), np.uint8))
