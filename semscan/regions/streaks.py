"""Recognise charging streaks: exactly horizontal, and with sharper edges than anything on the specimen can have.

The probe blurs what it scans, along rows and across them. A streak arises afterwards, row by row: it begins and
ends from one row to the next, stays in its rows over its whole length, and lifts or lowers the grey levels there.
"""

from __future__ import annotations

import cv2
import numpy as np

from semscan.regions.find import LabelledRegions
from semscan.regions.row_bands import (
    APART,
    PIECE,
    SHORTEST,
    TALLEST,
    RowBand,
    column_lift,
    find_band,
    lift_error,
    midmean,
    row_noise,
    row_offsets,
    running_mean,
    steady_columns,
)
from semscan.values import Box

SLENDER = 5  # least length of a streak, in multiples of its height
MOST = 200  # regions that are tested: a map of more is noise
GAP = 48  # px: largest gap between the pieces in which the map may show one streak
RIM = 8  # px by which the region may be larger than the streak, on each side
AROUND = 64  # rows above and below that show what the image is like without the streak
FEWEST = 6  # bands of neighbouring rows to compare with
SURE = 8.0  # least certainty of a streak's contrast
MEASURABLE = 7.0  # least certainty of the level of each of its rows: below, edges cannot be judged
# share of its contrast by which the grey level changes from one row to the next at its edge. A streak has about 1;
# the edges of a structure on the specimen are blurred and stay below 0.5.
SHARP = 0.85
BLURRED = 0.5
# largest slope: px over its length, and px a column (half a degree)
DRIFT = 0.7
SLOPE = 0.0087
OUTSTANDS = 2.0  # least contrast, in multiples of that of any band of neighbouring rows
ROUGHER = 1.4  # most unevenness, in multiples of that of neighbouring rows: more is not a mere lift
ALONG = 0.7  # share of vertical gradients from which the structure around is itself horizontal


def streaks(found: LabelledRegions, grey: np.ndarray, judged: np.ndarray | None = None) -> list[bool]:
    """Decide for each region whether it is a charging streak and nothing else; False if in doubt.

    Parameters
    ----------
    found : LabelledRegions
        As from `semscan.regions.find.segment`.
    grey : ndarray of float32, shape (rows, cols)
        The image, black 0 to white 1, rows along the fast scan direction.
    judged : ndarray of bool, shape (rows, cols), optional
        False where the image does not show the specimen (the data bar).

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
    answers = [_is_streak(box, [box], found.labels, grey, judged) for box in boxes]
    for members in _in_a_row([box for box, answer in zip(boxes, answers, strict=True) if not answer]):
        whole = Box(
            min(box.top for box in members),
            members[0].left,
            max(box.bottom for box in members),
            max(box.right for box in members),
        )
        if _is_streak(whole, members, found.labels, grey, judged):
            answers = [answer or box in members for box, answer in zip(boxes, answers, strict=True)]
    return answers + [False] * (len(found.regions) - len(answers))


def _in_a_row(boxes: list[Box]) -> list[list[Box]]:
    """Group boxes that lie side by side in the same rows: a map may show a streak in pieces."""
    groups: list[list[Box]] = []
    for box in sorted(boxes, key=lambda box: (box.left, box.top)):
        for group in groups:
            top = max(member.top for member in group)
            bottom = min(member.bottom for member in group)
            near = box.left - max(member.right for member in group) <= GAP
            if near and box.top < bottom and top < box.bottom and box.bottom - box.top <= TALLEST + 2 * RIM:
                group.append(box)
                break
        else:
            groups.append([box])
    return [group for group in groups if len(group) > 1]


def _is_streak(box: Box, members: list[Box], labels: np.ndarray, grey: np.ndarray, judged: np.ndarray) -> bool:
    """Decide whether one streak explains all `members`, which lie side by side within `box`."""
    height = box.bottom - box.top
    width = box.right - box.left
    if width < SHORTEST or height > TALLEST + 2 * RIM or width < 1.5 * height:
        return False
    top, bottom = _judged_rows(box, judged)
    strip = grey[top:bottom, box.left : box.right].astype(np.float64)
    first = box.top - top
    last = box.bottom - top
    if first < 0:
        return False
    noise = row_noise(strip)
    band = find_band(strip, first, last, noise)
    if band is None or not _explains(band, first, last, width):
        return False
    begin = box.left + band.left - RIM
    end = box.left + band.right + RIM
    if len(members) > 1 and not all(begin <= member.left and member.right <= end for member in members):
        return False
    # rows with a region are no example of what the image is like without one
    taken = np.any(labels[top:bottom, box.left : box.right] > 0, axis=1)
    taken[max(0, first - 1) : last + 1] = True
    return (
        not _runs_along_rows(box, labels, grey, judged)
        and _keeps_its_sign(strip, band, noise)
        and _is_level(strip, band, noise)
        and _merely_lifts(strip, band, (first, last), taken)
    )


def _judged_rows(box: Box, judged: np.ndarray) -> tuple[int, int]:
    """Return the rows about the box, up to `AROUND` on each side, that are judged in all its columns.

    Empty (first and last row the same) if the box itself is not judged as a whole.
    """
    begin = max(0, box.top - AROUND)
    whole = np.all(judged[begin : box.bottom + AROUND, box.left : box.right], axis=1)
    above = np.flatnonzero(~whole[: box.top - begin])
    below = np.flatnonzero(~whole[box.top - begin :])
    top = begin + (int(above[-1]) + 1 if len(above) else 0)
    bottom = box.top + int(below[0]) if len(below) else begin + len(whole)
    return (top, bottom) if bottom >= box.bottom else (box.bottom, box.bottom)


def _explains(band: RowBand, first: int, last: int, width: int) -> bool:
    """Decide whether the band is long, slender and certain enough, and the region hardly larger."""
    height = band.bottom - band.top
    length = band.right - band.left
    near = band.top - first <= RIM and last - band.bottom <= RIM
    long_enough = length >= max(SHORTEST, SLENDER * height) and 2 * length >= width - 2 * RIM
    return near and long_enough and band.certainty >= SURE


def _keeps_its_sign(strip: np.ndarray, band: RowBand, noise: float) -> bool:
    """Decide whether the region's columns outside of the band differ in the same direction, if at all."""
    lift = column_lift(strip, band.top, band.bottom) * np.sign(band.contrast)
    error = lift_error(noise, band.bottom - band.top)
    rests = [rest for rest in (lift[: band.left], lift[band.right :]) if len(rest) >= PIECE]
    return all(midmean(rest) > -3 * error / np.sqrt(len(rest)) for rest in rests)


def _is_level(strip: np.ndarray, band: RowBand, noise: float) -> bool:
    """Decide whether the band's rows begin and end at once, and are the same rows from one end to the other."""
    columns = strip[:, band.left : band.right]
    offsets = row_offsets(columns, band.top, band.bottom)
    lift = running_mean(offsets[APART:-APART].mean(axis=0))
    if np.mean(lift * band.contrast > 0) < 0.9:  # a streak does not change its sign
        return False
    # a matched filter: columns count as much as they are lifted, those with a structure of their own not at all
    weight = steady_columns(columns, band.top, band.bottom, noise) * lift
    power = float((weight * lift).sum())
    row_error = noise / np.sqrt(max(power, 1e-12))
    if row_error > 1 / MEASURABLE:
        return False
    levels = (offsets * weight).sum(axis=1) / power  # of each row, as shares of the band's contrast
    if not _has_sharp_edges(levels, row_error):
        return False
    slope, spread = _slope(offsets, weight, lift, power)
    if spread <= 0:  # one column alone is lifted: its slope is undefined
        return False
    return abs(slope) * lift.size < DRIFT and abs(slope) < SLOPE + 2 * noise / np.sqrt(spread)


def _has_sharp_edges(levels: np.ndarray, error: float) -> bool:
    """Decide whether the level jumps at both edges, and is not that of a blurred edge in any row between them."""
    jumps = levels[APART] - levels[APART - 1], levels[-1 - APART] - levels[-APART]
    # noise makes a sharp jump smaller and a blurred one larger: ask for less, but for clearly more than blurred
    sharp = sum(jumps) / 2 >= max(SHARP - error, BLURRED + 2 * error)
    return sharp and min(*jumps, *levels[APART:-APART]) >= BLURRED


def _slope(offsets: np.ndarray, weight: np.ndarray, lift: np.ndarray, power: float) -> tuple[float, float]:
    """Measure by how many rows a column the band descends, and the weighted spread of its columns."""
    columns = np.arange(lift.size)
    place = columns - (weight * lift * columns).sum() / power
    # a band that lies lower loses its first row and gains the one after its last
    lower = offsets[-APART] + offsets[-1 - APART] - offsets[APART] - offsets[APART - 1]
    spread = float((weight * lift * place**2).sum())
    if spread <= 0:
        return 0.0, spread
    return float((weight * lower * place).sum()) / (2 * spread), spread


def _merely_lifts(strip: np.ndarray, band: RowBand, box: tuple[int, int], taken: np.ndarray) -> bool:
    """Decide whether the rows are as even as those above and below, where no band has as much contrast."""
    first = min(box[0], band.top - 3)
    last = max(box[1], band.bottom + 3)
    if first < 0 or last > len(strip):
        return False
    # a window of the same height slides over the strip: the same measures without a streak
    _, texture, residual = _unevenness(strip[first:last], band, band.top - first)
    others = [
        _unevenness(strip[row : row + last - first], band, band.top - first)
        for row in range(0, len(strip) - (last - first) + 1, 2)
        if not taken[row : row + last - first].any()
    ]
    if len(others) < FEWEST:
        return False
    contrasts, textures, residuals = np.array(others).T
    return bool(
        abs(band.contrast) > OUTSTANDS * contrasts.max()
        and texture <= ROUGHER * np.median(textures)
        and residual <= ROUGHER * np.median(residuals)
    )


def _unevenness(rows: np.ndarray, band: RowBand, top: int) -> tuple[float, float, float]:
    """Measure a band that begins `top` rows down: contrast, texture along it, and largest residual.

    The texture is the standard deviation of the lift along the band. The residual is the standard deviation of
    what neither a lift of the band nor a slope explains, in that piece of all columns where it is largest.
    """
    bottom = top + band.bottom - band.top
    lift = column_lift(rows, top, bottom)[band.left : band.right]
    texture = float((lift - running_mean(lift)).std())
    count = max(1, rows.shape[1] // PIECE)
    pieces = np.stack([part.mean(axis=1) for part in np.array_split(rows, count, axis=1)], 1)
    row = np.arange(len(rows))
    model = np.stack([np.ones(len(rows)), row, (row >= top) & (row < bottom)], 1)
    residual = pieces - model @ np.linalg.lstsq(model, pieces, rcond=None)[0]
    return abs(float(midmean(lift))), texture, float(residual.std(axis=0).max())


def _runs_along_rows(box: Box, labels: np.ndarray, grey: np.ndarray, judged: np.ndarray) -> bool:
    """Decide whether the structure about a region is itself horizontal."""
    about = (
        slice(max(0, box.top - AROUND), box.bottom + AROUND),
        slice(max(0, box.left - AROUND), box.right + AROUND),
    )
    # eroded by the reach of the smoothing, so that the region itself adds no gradient
    free = cv2.erode(((labels[about] == 0) & judged[about]).astype(np.uint8), np.ones((13, 13), np.uint8)) > 0
    smoothed = cv2.GaussianBlur(grey[about].astype(np.float32), (0, 0), 2)
    down = cv2.Sobel(smoothed, cv2.CV_32F, 0, 1)[free].astype(np.float64)
    right = cv2.Sobel(smoothed, cv2.CV_32F, 1, 0)[free].astype(np.float64)
    vertical = float((down**2).sum())
    horizontal = float((right**2).sum())
    return vertical > ALONG * (vertical + horizontal)
