"""Find the rows of an image that are brighter or darker than those above and below, and over which columns."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from semscan.robust import median_deviation

SHORTEST = 24  # px: least length of a band
TALLEST = 8  # rows
NEAR = 3  # rows by which the second estimate of a band's edges may differ from the first
# rows above and below whose mean a band is compared with, and rows left out between them and the band
BASE = 2
APART = 1
PIECE = 12  # columns


@dataclass(frozen=True, slots=True)
class RowBand:
    """A band of rows in a strip of the image.

    It fills rows `top` to `bottom` and columns `left` to `right` (half-open). `contrast` is its mean grey level
    less that of the rows above and below; `certainty` is how many times its standard error that is.
    """

    top: int
    bottom: int
    left: int
    right: int
    contrast: float
    certainty: float


def find_band(strip: np.ndarray, first: int, last: int, noise: float) -> RowBand | None:
    """Find the rows that differ most from those above and below, over the columns where they do.

    Parameters
    ----------
    strip : ndarray of float64, shape (rows, cols)
        Grey levels; all rows about a region that belong to the specimen.
    first, last : int
        The band lies within these rows (half-open).
    noise : float
        Standard deviation of a pixel.

    Returns
    -------
    RowBand or None
        None if no band has `APART` + `BASE` rows above and below it in the strip.
    """
    best = None
    reach = APART + BASE
    for top in range(max(first, reach), last):
        for bottom in range(top + 1, min(last, top + TALLEST, len(strip) - reach) + 1):
            lift = column_lift(strip, top, bottom)
            certainty = abs(float(midmean(lift))) * np.sqrt(lift.size) / lift_error(noise, bottom - top)
            if best is None or certainty > best[0]:
                best = (certainty, top, bottom, lift)
    if best is None:
        return None
    _, top, bottom, lift = best
    left, right = _columns(lift)
    cols = slice(left, right)
    # the columns outside of the band blurred the first estimate of its rows
    top, bottom = _rows(strip[:, cols], top, bottom, noise)
    contrast = float(midmean(column_lift(strip[:, cols], top, bottom)))
    error = noise * np.sqrt((1 / (bottom - top) + 1 / (2 * BASE)) / (right - left))
    return RowBand(top, bottom, left, right, contrast, abs(contrast) / error)


def _rows(strip: np.ndarray, top: int, bottom: int, noise: float) -> tuple[int, int]:
    """Estimate the band's rows again: fit a step, in which the columns that are lifted most weigh most."""
    reach = APART + BASE
    first = max(0, top - NEAR - reach)
    last = min(len(strip), bottom + NEAR + reach)
    lift = running_mean(column_lift(strip, top, bottom))
    profile = strip[first:last] @ (steady_columns(strip, top, bottom, noise) * lift)
    rows = np.arange(first, last)
    best = (np.inf, top, bottom)
    for begin in range(max(top - NEAR, first + reach), top + NEAR + 1):
        for end in range(max(begin + 1, bottom - NEAR), min(begin + TALLEST, bottom + NEAR, last - reach) + 1):
            # offset, slope (the shading of the image) and the step itself
            step = np.stack([np.ones(len(rows)), rows - first, (rows >= begin) & (rows < end)], 1)
            error = float(((profile - step @ np.linalg.lstsq(step, profile, rcond=None)[0]) ** 2).sum())
            best = min(best, (error, begin, end))
    return best[1], best[2]


def _columns(lift: np.ndarray) -> tuple[int, int]:
    """Find the columns over which the mean lift is most certain: a streak may fade towards its ends."""
    step = -(-lift.size // 256)  # at most 256 candidates for each end
    middle = np.median(lift)
    most = np.abs(middle) + 3 * median_deviation(lift, middle)  # one bright edge must not decide
    sums = np.concatenate([[0.0], np.cumsum(np.clip(lift, -most, most))])
    ends = np.append(np.arange(0, lift.size, step), lift.size)
    length = ends[None, :] - ends[:, None]
    certainty = np.abs(sums[ends][None, :] - sums[ends][:, None]) / np.sqrt(np.maximum(length, 1))
    certainty[length < SHORTEST] = 0
    left, right = np.unravel_index(int(certainty.argmax()), certainty.shape)
    return (int(ends[left]), int(ends[right])) if right > left else (0, lift.size)


def row_noise(strip: np.ndarray) -> float:
    """Estimate the standard deviation of a pixel from the differences between adjacent rows."""
    steps = np.diff(strip, axis=0)
    return max(1e-4, median_deviation(steps) / np.sqrt(2)) if steps.size else 1.0


def row_offsets(strip: np.ndarray, top: int, bottom: int) -> np.ndarray:
    """Measure how far each row lies above a straight line through the rows above and below a band.

    Returns
    -------
    ndarray of float64, shape (bottom - top + 2 * APART, cols)
        Of the band's rows and `APART` more on either side.
    """
    above = strip[top - APART - BASE : top - APART].mean(axis=0)
    below = strip[bottom + APART : bottom + APART + BASE].mean(axis=0)
    rows = np.arange(top - APART, bottom + APART)
    from_above = rows - (top - APART - (BASE + 1) / 2)
    share = from_above / (bottom - top + 2 * APART + BASE)
    return strip[rows] - above - (below - above) * share[:, None]


def lift_error(noise: float, rows: int) -> float:
    """Return the standard error of the lift of one column, for a band of `rows` rows."""
    return noise * np.sqrt(1 / rows + 1 / (2 * BASE))


def column_lift(strip: np.ndarray, top: int, bottom: int) -> np.ndarray:
    """Measure by how much a band lifts each column, float64 (cols,): the mean of its own `row_offsets`."""
    return row_offsets(strip, top, bottom)[APART:-APART].mean(axis=0)


def midmean(values: np.ndarray) -> np.floating:
    """Return the mean of the middle half: a few columns with a defect or an edge do not count."""
    ordered = np.sort(values)
    quarter = len(ordered) // 4
    return ordered[quarter : len(ordered) - quarter].mean()


def running_mean(lift: np.ndarray) -> np.ndarray:
    """Smooth over a quarter of the columns, at least two pieces."""
    width = min(lift.size, max(2 * PIECE + 1, lift.size // 4)) | 1
    return cv2.blur(lift[None], (width, 1), borderType=cv2.BORDER_REFLECT)[0]


def steady_columns(strip: np.ndarray, top: int, bottom: int, noise: float) -> np.ndarray:
    """Return 1 for the columns where the rows above and below agree, 0 elsewhere, float64 (cols,)."""
    above = strip[top - APART - BASE : top - APART].mean(axis=0)
    below = strip[bottom + APART : bottom + APART + BASE].mean(axis=0)
    return (np.abs(below - above) < 3 * noise * np.sqrt(2 / BASE)).astype(np.float64)
