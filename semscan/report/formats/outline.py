"""The exact outline of a region, along the edges of its pixels."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from semscan.report.formats.region_pixels import RegionPixels

Point = tuple[int, int]
# the neighbour (row, col) beyond a pixel's side, and the side's ends (x, y), the pixel on its right hand
SIDES = (
    ((-1, 0), (0, 0), (1, 0)),
    ((0, 1), (1, 0), (1, 1)),
    ((1, 0), (1, 1), (0, 1)),
    ((0, -1), (0, 1), (0, 0)),
)


def outline(piece: RegionPixels) -> list[list[Point]]:
    """Trace the corners (x, y) of a region's outline in the image: its outer ring, then one ring for each hole.

    Pixel (row r, column c) covers x from c to c + 1 and y from r to r + 1. The outer ring runs clockwise on
    the screen, holes the other way; the last corner is not the first again. Without its pixels: its box.
    """
    left, top, width, height = piece.region.bbox
    if piece.inside is None:
        return [[(left, top), (left + width, top), (left + width, top + height), (left, top + height)]]
    found = sorted(rings(piece.inside), key=signed_area, reverse=True)  # holes have a negative one
    return [[(x + left, y + top) for x, y in ring] for ring in found]


def rings(inside: np.ndarray) -> list[list[Point]]:
    """All closed outlines of the pixels `inside` (bool, rows, cols); pixels that touch at a corner belong together.

    Examples
    --------
    >>> rings(np.array([[True, True]]))
    [[(0, 0), (2, 0), (2, 1), (0, 1)]]
    """
    onward = _edges(inside)
    used: set[tuple[Point, Point]] = set()
    found = []
    for start in sorted(onward):
        for second in onward[start]:
            if (start, second) not in used:
                found.append(_ring(start, second, onward, used))
    return found


def signed_area(ring: list[Point]) -> float:
    """Area within a ring, positive if it runs clockwise as seen (y down)."""
    x, y = np.array(ring, np.float64).T
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)


def _edges(inside: np.ndarray) -> dict[Point, list[Point]]:
    framed = np.pad(inside, 1)
    rows, cols = inside.shape
    onward: dict[Point, list[Point]] = defaultdict(list)
    for (down, right), begin, end in SIDES:
        beyond = framed[1 + down : 1 + down + rows, 1 + right : 1 + right + cols]
        for row, col in np.argwhere(inside & ~beyond).tolist():
            onward[col + begin[0], row + begin[1]].append((col + end[0], row + end[1]))
    return onward


def _ring(start: Point, second: Point, onward: dict[Point, list[Point]], used: set[tuple[Point, Point]]) -> list[Point]:
    corners = []
    before = start
    here = second
    while (before, here) not in used:
        used.add((before, here))
        ahead = (here[0] - before[0], here[1] - before[1])
        left = (here[0] + ahead[1], here[1] - ahead[0])
        choices = onward[here]
        after = left if left in choices else choices[0]  # where pixels touch at a corner: on to the other one
        if (after[0] - here[0], after[1] - here[1]) != ahead:
            corners.append(here)
        before = here
        here = after
    return corners[-1:] + corners[:-1]
