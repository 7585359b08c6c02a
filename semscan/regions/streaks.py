"""Which regions are streaks of charging: exactly horizontal, and sharper than anything on the specimen can be.

The probe blurs what it scans, along rows and across them. A streak comes afterwards, row by row: it begins and
ends from one row to the next, keeps its rows over its whole length, and lifts or lowers what lies below.
"""

from __future__ import annotations

import cv2
import numpy as np

from semscan.regions.find import LabelledRegions
from semscan.regions.row_bands import (
    APART,
    BASE,
    PIECE,
    SHORTEST,
    TALLEST,
    Band,
    find_band,
    noise_of,
    offsets_of,
    smooth,
    steady,
    trimmed,
)
from semscan.values import Box

SLENDER = 5  # times its height that a streak is long at least
MOST = 200  # regions that are looked at: a map of more is noise
GAP = 48  # px between the pieces in which the map may show it
RIM = 8  # px by which the map may mark more than there is, on each side
AROUND = 64  # rows above and below that show what the image is like without it
FEWEST = 6  # bands of neighbouring rows to compare with
# times its uncertainty that its contrast is, and a row's: below, nothing is told
SURE = 8.0
MEASURABLE = 7.0
# share of its contrast that a boundary of rows makes; on the specimen it is under 0.5
SHARP = 0.85
BLURRED = 0.5
# px that it may climb over its length, and px a column (half a degree)
DRIFT = 0.7
SLOPE = 0.0087
OUTSTANDS = 2.0  # times the contrast of any neighbouring band of rows
ROUGHER = 1.4  # times the neighbouring rows' unevenness: more is no mere lift
ALONG = 0.7  # share of vertical gradients from which the surroundings run along the rows themselves


def streaks(found: LabelledRegions, grey: np.ndarray, judged: np.ndarray | None = None) -> list[bool]:
    """Tell for each region whether it is a charging streak and nothing else; in doubt it is none.

    Parameters
    ----------
    found : LabelledRegions
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
            min(box.top for box in members),
            members[0].left,
            max(box.bottom for box in members),
            max(box.right for box in members),
        )
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
    noise = noise_of(strip)
    band = find_band(strip, first, last, noise)
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


def _explains(band: Band, first: int, last: int, wide: int) -> bool:
    """Whether the band is long, slender and certain enough, and the region hardly larger."""
    high, long = band.bottom - band.top, band.right - band.left
    near = band.top - first <= RIM and last - band.bottom <= RIM
    return near and long >= max(SHORTEST, SLENDER * high) and 2 * long >= wide - 2 * RIM and band.certainty >= SURE


def _keeps_its_sign(strip: np.ndarray, band: Band, noise: float) -> bool:
    """Whether the rest of the region's columns differs in the same direction, if at all."""
    lift = offsets_of(strip, band.top, band.bottom)[APART:-APART].mean(axis=0) * np.sign(band.contrast)
    spread = noise * np.sqrt(1 / (band.bottom - band.top) + 1 / (2 * BASE))
    rests = [rest for rest in (lift[: band.left], lift[band.right :]) if len(rest) >= PIECE]
    return all(trimmed(rest) > -3 * spread / np.sqrt(len(rest)) for rest in rests)


def _is_level(strip: np.ndarray, band: Band, noise: float) -> bool:
    """Whether the band's rows begin and end at once, and are the same rows from one end to the other."""
    cols = slice(band.left, band.right)
    offsets = offsets_of(strip[:, cols], band.top, band.bottom)
    lift = smooth(offsets[APART:-APART].mean(axis=0))
    if np.mean(lift * band.contrast > 0) < 0.9:
        return False
    weight = steady(strip[:, cols], band.top, band.bottom, noise) * lift
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
    if spread <= 0:  # a single column counts: it has no slope
        return False
    slope = float((weight * lower * place).sum()) / (2 * spread)
    return abs(slope) * lift.size < DRIFT and abs(slope) < SLOPE + 2 * noise / np.sqrt(spread)


def _merely_lifts(strip: np.ndarray, band: Band, box: tuple[int, int], taken: np.ndarray) -> bool:
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


def _unevenness(rows: np.ndarray, band: Band, top: int) -> tuple[float, float, float]:
    """Of a band that begins `top` rows down: contrast, spread along it, and the worst piece of all columns in
    what neither a lift of the band nor a slope explains."""
    bottom = top + band.bottom - band.top
    lift = offsets_of(rows, top, bottom)[APART:-APART].mean(axis=0)[band.left : band.right]
    texture = float((lift - smooth(lift)).std())
    count = max(1, rows.shape[1] // PIECE)
    pieces = np.stack([part.mean(axis=1) for part in np.array_split(rows, count, axis=1)], 1)
    place = np.arange(len(rows))
    known = np.stack([np.ones(len(rows)), place, (place >= top) & (place < bottom)], 1)
    left_over = pieces - known @ np.linalg.lstsq(known, pieces, rcond=None)[0]
    return abs(float(trimmed(lift))), texture, float(left_over.std(axis=0).max())


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
