"""The microscope's data bar, found in the pixels when no key tells it.

A bar is drawn, not scanned: its rows hold one grey level at a high share of exactly equal pixels, it begins at
one row across the whole width, bears letters, and reaches the last rows. An image that does not meet all of this
has no bar: a bar that is missed is seen by its user, an image that is cropped for nothing is not.
"""

from __future__ import annotations

import numpy as np

# of the height; rows
DEEPEST = 0.20
LEAST_ROWS = 10
# share of a row's most frequent level: blank, scanned, with letters at least
FLAT = 0.9
BUSY = 0.6
LETTERED = 0.4
SHORT = 3  # rows of the image that may be left below a bar
JPEG_SLACK = 8  # grey levels: what JPEG does to a blank background around letters
CHANGES = 6  # from ground to ink and back in a row with letters
CONTRAST = 0.25  # of the range of the whole image, between ground and ink
ABOVE = 256  # rows of the image looked at


def find_bar(pixels: np.ndarray, *, slack: int = 0) -> int:
    """How many rows at the bottom are a data bar; 0 if none is found.

    Parameters
    ----------
    pixels : ndarray of uint8, uint16 or float32, shape (rows, cols)
        Grey levels as read.
    slack : int
        Grey levels from the most frequent one that count as equal, for 8-bit images after lossy compression.

    Examples
    --------
    >>> image = np.random.default_rng(0).integers(60, 120, (100, 200)).astype(np.uint8)
    >>> image[84:] = 0
    >>> image[88:96, 10:110] = np.where(np.arange(100) % 7 < 3, 255, 0)
    >>> find_bar(image), find_bar(image[:84])
    (16, 0)
    """
    rows = pixels.shape[0]
    deepest = int(rows * DEEPEST)
    if deepest < LEAST_ROWS:
        return 0
    lowest = _levels(pixels[rows - LEAST_ROWS : rows - SHORT], slack)[0]
    if (lowest >= LETTERED).mean() < 0.8:  # what nearly every image ends with, at the cost of a few rows
        return 0
    block = pixels[rows - deepest - 1 :]
    share, level = _levels(block, slack)
    last = int(np.flatnonzero(share >= FLAT)[-1]) if (share >= FLAT).any() else 0
    if len(block) - 1 - last > SHORT:
        return 0
    begins = (share[1:] >= FLAT) & ((share[:-1] < BUSY) | (np.abs(level[1:] - level[:-1]) > slack))
    above: tuple[np.ndarray, np.ndarray] | None = None
    for start in np.flatnonzero(begins) + 1:
        height = len(block) - int(start)
        inside = slice(int(start), last + 1)
        if height < LEAST_ROWS or (share[inside] >= LETTERED).mean() < 0.95:
            continue
        ground = _ground(share[inside], level[inside])
        if not _has_letters(block[inside], ground, slack, pixels):
            continue
        image = pixels[: rows - height]
        above = _levels(image[:: max(1, len(image) // ABOVE)], slack) if above is None else above
        alike = (above[0] >= BUSY) & (np.abs(above[1] - ground) <= slack)
        return 0 if alike.mean() > 0.02 else height
    return 0


def _levels(block: np.ndarray, slack: int) -> tuple[np.ndarray, np.ndarray]:
    """Of each row the most frequent level, float64, and the share of its pixels within `slack` of it."""
    rows, cols = block.shape
    if block.dtype == np.uint8:
        flat = (np.arange(rows)[:, np.newaxis] * 256 + block).ravel()
        counts = np.bincount(flat, minlength=rows * 256).reshape(rows, 256)
        padded = np.pad(np.cumsum(counts, axis=1), ((0, 0), (slack + 1, slack)), mode="edge")
        padded[:, : slack + 1] = 0
        near = padded[:, 2 * slack + 1 :] - padded[:, :256]
        level = near.argmax(axis=1)
        return near[np.arange(rows), level] / cols, level.astype(np.float64)
    ordered = np.sort(block, axis=1)
    share, level = np.empty(rows), np.empty(rows)
    for place, row in enumerate(ordered):
        starts = np.flatnonzero(np.concatenate(([True], row[1:] != row[:-1])))
        lengths = np.diff(np.append(starts, cols))
        most = int(lengths.argmax())
        share[place], level[place] = lengths[most] / cols, row[starts[most]]
    return share, level


def _ground(share: np.ndarray, level: np.ndarray) -> float:
    """The level that fills most of the rows: lines of another level may frame or part the bar."""
    levels, places = np.unique(level, return_inverse=True)
    return float(levels[np.bincount(places, weights=share).argmax()])


def _has_letters(bar: np.ndarray, ground: float, slack: int, pixels: np.ndarray) -> bool:
    """Whether rows change often between the ground and something far from it."""
    away = np.abs(bar.astype(np.float64) - ground)
    ink = away > slack
    changes = np.count_nonzero(ink[:, 1:] != ink[:, :-1], axis=1)
    written = changes >= CHANGES
    if np.count_nonzero(written) < 4 or written.mean() < 0.12:
        return False
    strokes = away[written][ink[written]]
    span = float(pixels.max()) - float(pixels.min())
    return float(np.quantile(strokes, 0.8)) >= CONTRAST * span  # the core of the strokes: their rims are blurred
