"""The rows of an image that lie higher or lower than those above and below, and over which columns they do."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

SHORTEST = 24  # px that it is long at least
TALLEST = 8  # rows
NEAR = 3  # rows by which its edges may lie elsewhere than at first sight
# rows above and below that it is measured against, and rows left out before them
BASE = 2
APART = 1
PIECE = 12  # columns


@dataclass(frozen=True, slots=True)
class Band:
    """Rows `top` to `bottom` and columns `left` to `right` (half-open) of a strip of the image, `contrast` against
    the rows above and below, and how many times its uncertainty that is."""

    top: int
    bottom: int
    left: int
    right: int
    contrast: float
    certainty: float


def find_band(strip: np.ndarray, first: int, last: int, noise: float) -> Band | None:
    """The rows within the box that differ most from those above and below, over the columns where they do."""
    best = None
    reach = APART + BASE
    for top in range(max(first, reach), last):
        for bottom in range(top + 1, min(last, top + TALLEST, len(strip) - reach) + 1):
            lift = offsets_of(strip, top, bottom)[APART:-APART].mean(axis=0)
            spread = noise * np.sqrt(1 / (bottom - top) + 1 / (2 * BASE))
            certainty = abs(float(trimmed(lift))) * np.sqrt(lift.size) / spread
            if best is None or certainty > best[0]:
                best = (certainty, top, bottom, lift)
    if best is None:
        return None
    _, top, bottom, lift = best
    left, right = _stretch(lift)
    cols = slice(left, right)
    top, bottom = _rows(strip[:, cols], top, bottom, noise)
    contrast = float(trimmed(offsets_of(strip[:, cols], top, bottom)[APART:-APART].mean(axis=0)))
    spread = noise * np.sqrt((1 / (bottom - top) + 1 / (2 * BASE)) / (right - left))
    return Band(top, bottom, left, right, contrast, abs(contrast) / spread)


def _rows(strip: np.ndarray, top: int, bottom: int, noise: float) -> tuple[int, int]:
    """The band's rows again: those of the step that fits best, seen by the columns that are lifted most."""
    reach = APART + BASE
    first, last = max(0, top - NEAR - reach), min(len(strip), bottom + NEAR + reach)
    lift = smooth(offsets_of(strip, top, bottom)[APART:-APART].mean(axis=0))
    profile = strip[first:last] @ (steady(strip, top, bottom, noise) * lift)
    rows = np.arange(first, last)
    best = (np.inf, top, bottom)
    for begin in range(max(top - NEAR, first + reach), top + NEAR + 1):
        for end in range(max(begin + 1, bottom - NEAR), min(begin + TALLEST, bottom + NEAR, last - reach) + 1):
            step = np.stack([np.ones(len(rows)), rows - first, (rows >= begin) & (rows < end)], 1)
            error = float(((profile - step @ np.linalg.lstsq(step, profile, rcond=None)[0]) ** 2).sum())
            best = min(best, (error, begin, end))
    return best[1], best[2]


def _stretch(lift: np.ndarray) -> tuple[int, int]:
    """The columns over which a band differs most certainly: its end may have faded."""
    step = -(-lift.size // 256)
    middle = np.median(lift)
    most = np.abs(middle) + 3 * 1.4826 * np.median(np.abs(lift - middle))  # one bright edge must not decide
    sums = np.concatenate([[0.0], np.cumsum(np.clip(lift, -most, most))])
    ends = np.append(np.arange(0, lift.size, step), lift.size)
    length = ends[None, :] - ends[:, None]
    certainty = np.abs(sums[ends][None, :] - sums[ends][:, None]) / np.sqrt(np.maximum(length, 1))
    certainty[length < SHORTEST] = 0
    left, right = np.unravel_index(int(certainty.argmax()), certainty.shape)
    return (int(ends[left]), int(ends[right])) if right > left else (0, lift.size)


def noise_of(strip: np.ndarray) -> float:
    """Standard deviation of a pixel, from what changes between rows that follow each other."""
    steps = np.abs(np.diff(strip, axis=0))
    return max(1e-4, 1.4826 * float(np.median(steps)) / np.sqrt(2)) if steps.size else 1.0


def offsets_of(strip: np.ndarray, top: int, bottom: int) -> np.ndarray:
    """How far each row, two beyond the band included, lies above a straight line through the rows above and below."""
    above = strip[top - APART - BASE : top - APART].mean(axis=0)
    below = strip[bottom + APART : bottom + APART + BASE].mean(axis=0)
    rows = np.arange(top - APART, bottom + APART)
    from_above = rows - (top - APART - (BASE + 1) / 2)
    share = from_above / (bottom - top + 2 * APART + BASE)
    return strip[rows] - above - (below - above) * share[:, None]


def trimmed(values: np.ndarray) -> np.ndarray:
    """Mean of the middle half: what stands still below the band cancels, what does not is left out."""
    ordered = np.sort(values)
    quarter = len(ordered) // 4
    return ordered[quarter : len(ordered) - quarter].mean()


def smooth(lift: np.ndarray) -> np.ndarray:
    """Running mean over a quarter of the columns, at least two pieces."""
    width = min(lift.size, max(2 * PIECE + 1, lift.size // 4)) | 1
    return cv2.blur(lift[None], (width, 1), borderType=cv2.BORDER_REFLECT)[0]


def steady(strip: np.ndarray, top: int, bottom: int, noise: float) -> np.ndarray:
    """1 at the columns where the rows above and below agree, 0 elsewhere."""
    above = strip[top - APART - BASE : top - APART].mean(axis=0)
    below = strip[bottom + APART : bottom + APART + BASE].mean(axis=0)
    return (np.abs(below - above) < 3 * noise * np.sqrt(2 / BASE)).astype(np.float64)
