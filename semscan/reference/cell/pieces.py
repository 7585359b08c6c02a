"""The pieces in which a large image is compared with its own repeats, so that memory does not grow with it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

PIECE = 1536  # px: a larger image is compared in pieces
OVERLAP = 64  # px of neighbouring pieces
FEWEST_REPEATS = 12  # that a piece must hold
MOST_WHOLE = 1 << 24  # px: up to here, an image of a long pitch is one piece
LARGEST_PIECE = 4096  # px: beyond, a piece holds fewer repeats

Window = tuple[slice, slice]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an image that is compared on its own.

    `compared` is its window, `kept` the window of the image for which its result is kept, and `inner` the same
    within the result.
    """

    compared: Window
    kept: Window
    inner: Window


def pieces_of(shape: tuple[int, ...], pitch: float) -> list[Piece]:
    """Divide an image, (rows, cols), into pieces that hold enough repeats of the pitch, row by row.

    Examples
    --------
    >>> [piece.kept for piece in pieces_of((1000, 2000), 30.0)]
    [(slice(0, 1000, None), slice(0, 1000, None)), (slice(0, 1000, None), slice(1000, 2000, None))]
    >>> len(pieces_of((1000, 2000), 130.0))
    1
    """
    needed = math.ceil(pitch * FEWEST_REPEATS)
    if needed > PIECE and shape[0] * shape[1] <= MOST_WHOLE:
        whole = (slice(0, shape[0]), slice(0, shape[1]))
        return [Piece(whole, whole, whole)]
    side_of_piece = min(max(PIECE, needed), LARGEST_PIECE)
    spans = []
    for side in shape:
        count = math.ceil(side / side_of_piece)
        cuts = np.linspace(0, side, count + 1).astype(int)
        spans.append([_span(int(cuts[i]), int(cuts[i + 1]), side) for i in range(count)])
    return [
        Piece((down[0], right[0]), (down[1], right[1]), (down[2], right[2])) for down in spans[0] for right in spans[1]
    ]


def _span(start: int, stop: int, side: int) -> tuple[slice, slice, slice]:
    first = max(0, start - OVERLAP)
    last = min(side, stop + OVERLAP)
    return slice(first, last), slice(start, stop), slice(start - first, stop - first)
