"""Find the microscope's data bar in the pixels, when the metadata does not state it.

A bar is drawn, not scanned: its rows hold one grey level at a high share of exactly equal pixels, it begins at
one row across the whole width, contains letters, and reaches the last rows. An image that does not meet all of this
has no bar: a user notices a bar that is missed, but not an image that is cropped by mistake.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

DEEPEST = 0.20  # of the height
FEWEST_ROWS = 10
# share of its most frequent level in a row: at least in a blank row, at most in a scanned one, at least in one with
# letters
BLANK = 0.9
SCANNED = 0.6
LETTERED = 0.4
MOST_ROWS_BELOW = 3  # rows of the image that may remain below a bar
JPEG_SLACK = 8  # grey levels by which JPEG changes a blank background around letters
CHANGES = 6  # between background and ink in a row with letters
INK_CONTRAST = 0.25  # between background and ink, of the range of the whole image
MOST_ROWS_ABOVE = 256  # rows of the image that are compared with the bar
MOST_ROWS = 4096  # of a bar
LARGEST_BLOCK = 1 << 23  # pixels of which the levels are counted at once


def find_bar(pixels: np.ndarray, *, slack: int = 0) -> int:
    """Return how many rows at the bottom are a data bar; 0 if none is found.

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
    return find_bar_in_rows(
        lambda part: pixels[part], rows, lambda: float(pixels.max()) - float(pixels.min()), slack=slack
    )


def find_bar_in_rows(
    read: Callable[[slice], np.ndarray], rows: int, span: Callable[[], float], *, slack: int = 0
) -> int:
    """Return how many of the last rows are a data bar, as `find_bar`; only rows that decide it are read.

    Parameters
    ----------
    read : callable
        ``read(part)`` returns rows of the image, grey levels as read; the slice may have a step.
    rows : int
        Of the image.
    span : callable
        Returns the difference of the highest and the lowest grey level of the image.
    slack : int
        As for `find_bar`.
    """
    deepest = min(int(rows * DEEPEST), MOST_ROWS)
    if deepest < FEWEST_ROWS:
        return 0
    # nearly every image without a bar ends here, after a few rows
    lowest_shares = _frequent_levels(read(slice(rows - FEWEST_ROWS, rows - MOST_ROWS_BELOW)), slack)[0]
    if (lowest_shares >= LETTERED).mean() < 0.8:
        return 0
    bottom = read(slice(rows - deepest - 1, rows))
    share, level = _frequent_levels(bottom, slack)
    last = int(np.flatnonzero(share >= BLANK)[-1]) if (share >= BLANK).any() else 0
    if len(bottom) - 1 - last > MOST_ROWS_BELOW:
        return 0
    for start in _possible_starts(share, level, slack):
        height = len(bottom) - start
        bar = slice(start, last + 1)
        if height < FEWEST_ROWS or (share[bar] >= LETTERED).mean() < 0.95:
            continue
        background = _background(share[bar], level[bar])
        if _has_letters(bottom[bar], background, slack, span()):
            # what has the bar's level above it too is a structure of the image, such as a dark trench
            above = read(slice(0, rows - height, max(1, (rows - height) // MOST_ROWS_ABOVE)))
            return 0 if _continues(above, background, slack) else height
    return 0


def _possible_starts(share: np.ndarray, level: np.ndarray, slack: int) -> list[int]:
    """List the blank rows that follow a scanned row, or a row of another level."""
    after_scanned = share[:-1] < SCANNED
    after_other_level = np.abs(level[1:] - level[:-1]) > slack
    starts = (share[1:] >= BLANK) & (after_scanned | after_other_level)
    return [int(start) + 1 for start in np.flatnonzero(starts)]


def _continues(above: np.ndarray, background: float, slack: int) -> bool:
    """Decide whether rows of the image above a bar are filled with the bar's own background."""
    share, level = _frequent_levels(above, slack)
    same = (share >= SCANNED) & (np.abs(level - background) <= slack)
    return bool(same.mean() > 0.02)


def _frequent_levels(block: np.ndarray, slack: int) -> tuple[np.ndarray, np.ndarray]:
    """Return for each row the share of pixels within `slack` of its most frequent level, and that level, float64."""
    if block.size <= LARGEST_BLOCK or len(block) == 1:
        return _frequent_levels_of(block, slack)
    half = len(block) // 2  # the histograms of many rows at once take eight times their bytes
    above, below = (_frequent_levels(part, slack) for part in (block[:half], block[half:]))
    return np.concatenate([above[0], below[0]]), np.concatenate([above[1], below[1]])


def _frequent_levels_of(block: np.ndarray, slack: int) -> tuple[np.ndarray, np.ndarray]:
    rows, cols = block.shape
    if block.dtype == np.uint8:
        # one histogram for all rows at once; its running sums give the counts within the slack
        flat = (np.arange(rows)[:, np.newaxis] * 256 + block).ravel()
        counts = np.bincount(flat, minlength=rows * 256).reshape(rows, 256)
        padded = np.pad(np.cumsum(counts, axis=1), ((0, 0), (slack + 1, slack)), mode="edge")
        padded[:, : slack + 1] = 0
        near = padded[:, 2 * slack + 1 :] - padded[:, :256]
        level = near.argmax(axis=1)
        return near[np.arange(rows), level] / cols, level.astype(np.float64)
    share = np.empty(rows)
    level = np.empty(rows)
    for row, values in enumerate(np.sort(block, axis=1)):
        starts = np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1])))
        lengths = np.diff(np.append(starts, cols))
        longest = int(lengths.argmax())
        share[row] = lengths[longest] / cols
        level[row] = values[starts[longest]]
    return share, level


def _background(share: np.ndarray, level: np.ndarray) -> float:
    """Return the level that fills most of the rows: lines of another level may frame or divide the bar."""
    levels, index = np.unique(level, return_inverse=True)
    return float(levels[np.bincount(index, weights=share).argmax()])


def _has_letters(bar: np.ndarray, background: float, slack: int, span: float) -> bool:
    """Decide whether rows change often between the background and something far from it."""
    distance = np.abs(bar.astype(np.float64) - background)
    ink = distance > slack
    changes = np.count_nonzero(ink[:, 1:] != ink[:, :-1], axis=1)
    written = changes >= CHANGES
    if np.count_nonzero(written) < 4 or written.mean() < 0.12:
        return False
    strokes = distance[written][ink[written]]
    # the core of the strokes: their rims are blurred
    return float(np.quantile(strokes, 0.8)) >= INK_CONTRAST * span
