"""Which regions are streaks of charging: exactly horizontal, and sharper than anything on the specimen can be.

The probe blurs what it scans, along rows and across them. A streak comes afterwards, row by row: it begins and
ends from one row to the next, keeps its rows over its whole length, and lifts or lowers what lies below.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from semscan.regions.find import Segmented
from semscan.values import Box

SHORTEST, SLENDER = 24, 5  # px a streak is long at least, and times its height
TALLEST = 8  # rows
NEAR = 3  # rows by which its edges may lie elsewhere than at first sight
MOST = 200  # regions that are looked at: a map of more is noise
GAP = 48  # px between the pieces in which the map may show it
RIM = 8  # px by which the map may mark more than there is, on each side
BASE, APART = 2, 1  # rows above and below that it is measured against, and rows left out before them
AROUND = 64  # rows above and below that show what the image is like without it
FEWEST = 6  # bands of neighbouring rows to compare with
PIECE = 12  # columns
SURE, MEASURABLE = 8.0, 7.0  # times its uncertainty that its contrast is, and a row's: below, nothing is told
SHARP, BLURRED = 0.85, 0.5  # share of its contrast that a boundary of rows makes; on the specimen it is under 0.5
DRIFT, SLOPE = 0.7, 0.0087  # px that it may climb over its length, and px a column (half a degree)
OUTSTANDS = 2.0  # times the contrast of any neighbouring band of rows
ROUGHER = 1.4  # times the neighbouring rows' unevenness: more is no mere lift
ALONG = 0.7  # share of vertical gradients from which the surroundings run along the rows themselves


@dataclass(frozen=True, slots=True)
class _Band:
    """Rows `top` to `bottom` and columns `left` to `right` (half-open) of a strip of the image, `contrast` against
    the rows above and below, and how many times its uncertainty that is."""

    top: int
    bottom: int
    left: int
    right: int
    contrast: float
    certainty: float


def streaks(found: Segmented, grey: np.ndarray, judged: np.ndarray | None = None) -> list[bool]:
    """Tell for each region whether it is a charging streak and nothing else; in doubt it is none.

    Parameters
    ----------
    found : Segmented
        As from `semscan.regions.find.segment`.
    grey : ndarray of float32, shape (rows, cols)
        The image, black 0 to white 1, rows along the fast scan direction.
    judged : ndarray of bool, shape (rows, cols), optional
        False where the image is no specimen (the data bar).

    Returns
    -------
    list of bool
        In the order of the regions. Pieces of one streak are each True.

    Notes
    -----
    An image that was turned, resampled or smoothed has no sharp row boundaries any more: its streaks are not found.
    """
    if judged is None:
        judged = np.ones(grey.shape, bool)
    boxes = [region.box for region in found.regions[:MOST]]
    answers = [_is_streak(box, [box], found.mask, grey, judged) for box in boxes]
    for members in _in_a_row([box for box, answer in zip(boxes, answers, strict=True) if not answer]):
        whole = Box(
            min(box.top for box in members), members[0].left,
            max(box.bottom for box in members), max(box.right for box in members),
        )  # fmt: skip
        if _is_streak(whole, members, found.mask, grey, judged):
            answers = [answer or box in members for box, answer in zip(boxes, answers, strict=True)]
    return answers + [False] * (len(found.regions) - len(answers))


def _in_a_row(boxes: list[Box]) -> list[list[Box]]:
    """Groups of boxes side by side in the same rows: a map may show a streak in pieces."""
    groups: list[list[Box]] = []
    for box in sorted(boxes, key=lambda box: (box.left, box.top)):
        for group in groups:
            top, bottom = max(each.top for each in group), min(each.bottom for each in group)
            near = box.left - max(each.right for each in group) <= GAP
            if near and box.top < bottom and top < box.bottom and box.bottom - box.top <= TALLEST + 2 * RIM:
                group.append(box)
                break
        else:
            groups.append([box])
    return [group for group in groups if len(group) > 1]


def _is_streak(box: Box, members: list[Box], mask: np.ndarray, grey: np.ndarray, judged: np.ndarray) -> bool:
    """Whether a streak explains all `members`, which lie side by side within `box`."""
    high, wide = box.bottom - box.top, box.right - box.left
    if wide < SHORTEST or high > TALLEST + 2 * RIM or wide < 1.5 * high:
        return False
    top, bottom = _judged_rows(box, judged)
    strip = grey[top:bottom, box.left : box.right].astype(np.float64)
    first, last = box.top - top, box.bottom - top
    if first < 0:
        return False
    noise = _noise(strip)
    band = _band(strip, first, last, noise)
    if band is None or not _explains(band, first, last, wide):
        return False
    begin, end = box.left + band.left - RIM, box.left + band.right + RIM
    if len(members) > 1 and not all(begin <= each.left and each.right <= end for each in members):
        return False
    taken = np.any(mask[top:bottom, box.left : box.right] > 0, axis=1)
    taken[max(0, first - 1) : last + 1] = True
    return (
        not _runs_along_rows(box, mask, grey, judged)
        and _keeps_its_sign(strip, band, noise)
        and _is_level(strip, band, noise)
        and _merely_lifts(strip, band, (first, last), taken)
    )


def _judged_rows(box: Box, judged: np.ndarray) -> tuple[int, int]:
    """The rows about the box, `AROUND` on each side, that are judged on all its columns; none if it is not."""
    begin = max(0, box.top - AROUND)
    whole = np.all(judged[begin : box.bottom + AROUND, box.left : box.right], axis=1)
    above, below = np.flatnonzero(~whole[: box.top - begin]), np.flatnonzero(~whole[box.top - begin :])
    top = begin + (int(above[-1]) + 1 if len(above) else 0)
    bottom = box.top + int(below[0]) if len(below) else begin + len(whole)
    return (top, bottom) if bottom >= box.bottom else (box.bottom, box.bottom)


def _noise(strip: np.ndarray) -> float:
    """Standard deviation of a pixel, from what changes between rows that follow each other."""
    steps = np.abs(np.diff(strip, axis=0))
    return max(1e-4, 1.4826 * float(np.median(steps)) / np.sqrt(2)) if steps.size else 1.0


def _offsets(strip: np.ndarray, top: int, bottom: int) -> np.ndarray:
    """How far each row, two beyond the band included, lies above a straight line through the rows above and below."""
    above = strip[top - APART - BASE : top - APART].mean(axis=0)
    below = strip[bottom + APART : bottom + APART + BASE].mean(axis=0)
    rows = np.arange(top - APART, bottom + APART)
    from_above = rows - (top - APART - (BASE + 1) / 2)
    share = from_above / (bottom - top + 2 * APART + BASE)
    return strip[rows] - above - (below - above) * share[:, None]


def _band(strip: np.ndarray, first: int, last: int, noise: float) -> _Band | None:
    """The rows within the box that differ most from those above and below, over the columns where they do."""
    best = None
    reach = APART + BASE
    for top in range(max(first, reach), last):
        for bottom in range(top + 1, min(last, top + TALLEST, len(strip) - reach) + 1):
            lift = _offsets(strip, top, bottom)[APART:-APART].mean(axis=0)
            spread = noise * np.sqrt(1 / (bottom - top) + 1 / (2 * BASE))
            certainty = abs(float(_trimmed(lift))) * np.sqrt(lift.size) / spread
            if best is None or certainty > best[0]:
                best = (certainty, top, bottom, lift)
    if best is None:
        return None
    _, top, bottom, lift = best
    left, right = _stretch(lift)
    cols = slice(left, right)
    top, bottom = _rows(strip[:, cols], top, bottom, noise)
    contrast = float(_trimmed(_offsets(strip[:, cols], top, bottom)[APART:-APART].mean(axis=0)))
    spread = noise * np.sqrt((1 / (bottom - top) + 1 / (2 * BASE)) / (right - left))
    return _Band(top, bottom, left, right, contrast, abs(contrast) / spread)


def _rows(strip: np.ndarray, top: int, bottom: int, noise: float) -> tuple[int, int]:
    """The band's rows again: those of the step that fits best, seen by the columns that are lifted most."""
    reach = APART + BASE
    first, last = max(0, top - NEAR - reach), min(len(strip), bottom + NEAR + reach)
    lift = _smooth(_offsets(strip, top, bottom)[APART:-APART].mean(axis=0))
    profile = strip[first:last] @ (_steady(strip, top, bottom, noise) * lift)
    rows = np.arange(first, last)
    best = (np.inf, top, bottom)
    for begin in range(max(top - NEAR, first + reach), top + NEAR + 1):
        for end in range(max(begin + 1, bottom - NEAR), min(begin + TALLEST, bottom + NEAR, last - reach) + 1):
            step = np.stack([np.ones(len(rows)), rows - first, (rows >= begin) & (rows < end)], 1)
            error = float(((profile - step @ np.linalg.lstsq(step, profile, rcond=None)[0]) ** 2).sum())
            best = min(best, (error, begin, end))
    return best[1], best[2]


def _trimmed(values: np.ndarray) -> np.ndarray:
    """Mean of the middle half: what stands still below the band cancels, what does not is left out."""
    ordered = np.sort(values)
    quarter = len(ordered) // 4
    return ordered[quarter : len(ordered) - quarter].mean()


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


def _explains(band: _Band, first: int, last: int, wide: int) -> bool:
    """Whether the band is long, slender and certain enough, and the region hardly larger."""
    high, long = band.bottom - band.top, band.right - band.left
    near = band.top - first <= RIM and last - band.bottom <= RIM
    return near and long >= max(SHORTEST, SLENDER * high) and 2 * long >= wide - 2 * RIM and band.certainty >= SURE


def _keeps_its_sign(strip: np.ndarray, band: _Band, noise: float) -> bool:
    """Whether the rest of the region's columns differs in the same direction, if at all."""
    lift = _offsets(strip, band.top, band.bottom)[APART:-APART].mean(axis=0) * np.sign(band.contrast)
    spread = noise * np.sqrt(1 / (band.bottom - band.top) + 1 / (2 * BASE))
    rests = [rest for rest in (lift[: band.left], lift[band.right :]) if len(rest) >= PIECE]
    return all(_trimmed(rest) > -3 * spread / np.sqrt(len(rest)) for rest in rests)


def _is_level(strip: np.ndarray, band: _Band, noise: float) -> bool:
    """Whether the band's rows begin and end at once, and are the same rows from one end to the other."""
    cols = slice(band.left, band.right)
    offsets = _offsets(strip[:, cols], band.top, band.bottom)
    lift = _smooth(offsets[APART:-APART].mean(axis=0))
    if np.mean(lift * band.contrast > 0) < 0.9:
        return False
    weight = _steady(strip[:, cols], band.top, band.bottom, noise) * lift
    power = float((weight * lift).sum())
    unsure = noise / np.sqrt(max(power, 1e-12))
    if unsure > 1 / MEASURABLE:
        return False
    levels = (offsets * weight).sum(axis=1) / power
    jumps = levels[APART] - levels[APART - 1], levels[-1 - APART] - levels[-APART]
    if sum(jumps) / 2 < max(SHARP - unsure, BLURRED + 2 * unsure) or min(*jumps, *levels[APART:-APART]) < BLURRED:
        return False
    place = np.arange(lift.size) - (weight * lift * np.arange(lift.size)).sum() / power
    # a band that lies lower loses its first row and gains the one after its last
    lower = offsets[-APART] + offsets[-1 - APART] - offsets[APART] - offsets[APART - 1]
    spread = float((weight * lift * place**2).sum())
    slope = float((weight * lower * place).sum()) / (2 * spread)
    return abs(slope) * lift.size < DRIFT and abs(slope) < SLOPE + 2 * noise / np.sqrt(spread)


def _smooth(lift: np.ndarray) -> np.ndarray:
    width = min(lift.size, max(2 * PIECE + 1, lift.size // 4)) | 1
    return cv2.blur(lift[None], (width, 1), borderType=cv2.BORDER_REFLECT)[0]


def _steady(strip: np.ndarray, top: int, bottom: int, noise: float) -> np.ndarray:
    """1 at the columns where the rows above and below agree, 0 elsewhere."""
    above = strip[top - APART - BASE : top - APART].mean(axis=0)
    below = strip[bottom + APART : bottom + APART + BASE].mean(axis=0)
    return (np.abs(below - above) < 3 * noise * np.sqrt(2 / BASE)).astype(np.float64)


def _merely_lifts(strip: np.ndarray, band: _Band, box: tuple[int, int], taken: np.ndarray) -> bool:
    """Whether the image is as even there as it is above and below, where no band stands out as much."""
    first, last = min(box[0], band.top - 3), max(box[1], band.bottom + 3)
    if first < 0 or last > len(strip):
        return False
    here = _unevenness(strip[first:last], band, band.top - first)
    others = [
        _unevenness(strip[row : row + last - first], band, band.top - first)
        for row in range(0, len(strip) - (last - first) + 1, 2)
        if not taken[row : row + last - first].any()
    ]
    if len(others) < FEWEST:
        return False
    contrasts, textures, pieces = np.array(others).T
    return bool(
        abs(band.contrast) > OUTSTANDS * contrasts.max()
        and here[1] <= ROUGHER * np.median(textures)
        and here[2] <= ROUGHER * np.median(pieces)
    )


def _unevenness(rows: np.ndarray, band: _Band, top: int) -> tuple[float, float, float]:
    """Of a band that begins `top` rows down: contrast, spread along it, and the worst piece of all columns in
    what neither a lift of the band nor a slope explains."""
    bottom = top + band.bottom - band.top
    lift = _offsets(rows, top, bottom)[APART:-APART].mean(axis=0)[band.left : band.right]
    texture = float((lift - _smooth(lift)).std())
    count = max(1, rows.shape[1] // PIECE)
    pieces = np.stack([part.mean(axis=1) for part in np.array_split(rows, count, axis=1)], 1)
    place = np.arange(len(rows))
    known = np.stack([np.ones(len(rows)), place, (place >= top) & (place < bottom)], 1)
    left_over = pieces - known @ np.linalg.lstsq(known, pieces, rcond=None)[0]
    return abs(float(_trimmed(lift))), texture, float(left_over.std(axis=0).max())


def _runs_along_rows(box: Box, mask: np.ndarray, grey: np.ndarray, judged: np.ndarray) -> bool:
    """Whether the structure about a region is itself horizontal."""
    about = (
        slice(max(0, box.top - AROUND), box.bottom + AROUND),
        slice(max(0, box.left - AROUND), box.right + AROUND),
    )
    free = cv2.erode(((mask[about] == 0) & judged[about]).astype(np.uint8), np.ones((13, 13), np.uint8)) > 0
    smooth = cv2.GaussianBlur(grey[about].astype(np.float32), (0, 0), 2)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1)[free].astype(np.float64)
    right = cv2.Sobel(smooth, cv2.CV_32F, 1, 0)[free].astype(np.float64)
    vertical, horizontal = float((down**2).sum()), float((right**2).sum())
    return vertical > ALONG * (vertical + horizontal)
