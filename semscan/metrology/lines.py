"""Where the edges of lines lie in each row of an image, at sub-pixel level.

Edges are searched along the rows of the image (along its columns for lines that are more horizontal than vertical) and
never interpolated along the lines, so that the noise of neighbouring rows stays independent.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from semscan.errors import BadImageError
from semscan.metrology.displacement import centred, displacements, own_deviation
from semscan.metrology.profile import fit_samples

PHASES_PER_PX = 4  # bins of the mean profile of one pitch
SMOOTHED = 3  # of these bins, in which the steepest places are searched
REACH = 0.45  # of the distance to the middle of the line or the space: largest displacement
WITHIN = 2.6  # standard deviations, within which 99 % of normal displacements lie
FITTED = 0.85  # of these distances, within which the model is fitted: beyond, the next edge shows
AS_DARK = 0.08  # of the height of the profile above the space
SHORTEST = 1.5  # px, from an edge to the middle of the line or the space


@dataclass(frozen=True, slots=True)
class LineEdges:
    """The edges of all lines of an image.

    `left` and `right` are float64, shape (lines, rows): column of each line's left and right edge in each row, NaN
    where it was not found. For lines that are more horizontal than vertical, rows and columns are exchanged
    (`is_turned`). `across` is the cosine between the rows and the direction across the lines: a width along a row times
    it is the width of the line. `slope` is the expected change of column from row to row. `pitch` is that of the lines,
    px: half a repeat of the lattice where this holds two. `blur` is the standard deviation of the beam, and
    `width_error` the standard error of the width that all lines share, px: that of the fitted profiles. `holds_two`: a
    repeat seems to hold several lines that are not told apart. `cut_off_px` is the largest displacement that was
    searched, where edges vary so much that it cuts some off; else None. The positions begin at `first_row`.
    """

    left: np.ndarray
    right: np.ndarray
    across: float
    slope: float
    is_turned: bool
    pitch: float
    blur: float
    width_error: float
    holds_two: bool = False
    cut_off_px: float | None = None
    first_row: int = 0

    def moved(self, row: int, col: int) -> LineEdges:
        """Return the edges in an image of which the searched one is a part that begins at (row, col)."""
        row, col = (col, row) if self.is_turned else (row, col)
        return replace(self, left=self.left + col, right=self.right + col, first_row=self.first_row + row)

    @property
    def rows(self) -> np.ndarray:
        """Row of the image in which each position was found, float64."""
        return self.first_row + np.arange(self.left.shape[1], dtype=np.float64)

    @property
    def tracks(self) -> np.ndarray:
        """Position of each edge across the lines in each row, px: left and right in turn, shape (2 * lines, rows)."""
        columns = np.stack([self.left, self.right], axis=1).reshape(-1, self.left.shape[1])
        tracks: np.ndarray = (columns - self.slope * self.rows) * self.across
        return tracks

    @property
    def widths(self) -> np.ndarray:
        """Width of each line in each row, px, shape (lines, rows)."""
        widths: np.ndarray = (self.right - self.left) * self.across
        return widths

    @property
    def spaces(self) -> np.ndarray:
        """Width of the space right of each line but the last, px, shape (lines - 1, rows)."""
        spaces: np.ndarray = (self.left[1:] - self.right[:-1]) * self.across
        return spaces

    @property
    def spacing(self) -> float:
        """Distance of two rows along a line, px."""
        return 1 / self.across


def find_line_edges(
    values: np.ndarray,
    used: np.ndarray,
    positions: np.ndarray,
    step: np.ndarray,
    *,
    level: float | None = None,
    dark_lines: bool = False,
) -> LineEdges:
    """Find the edges of lines.

    Each repeat of the lattice has one rising and one falling edge: the steepest places of its mean profile. The line is
    the brighter part between them. If a repeat holds two lines (pitch walking), it has two of each.

    Parameters
    ----------
    values : ndarray of float32, shape (rows, cols)
        Grey levels, any scale, without shading.
    used : ndarray of bool
        Pixels that count.
    positions : ndarray of float32 or float64, shape (rows, cols)
        Lattice position of each pixel across the lines, in pitches.
    step : ndarray of float64, shape (2,)
        (row, col) step to the next line, px.
    level : float or None
        See `EdgeModel.edge`.
    dark_lines : bool
        The darker part is the line.

    Raises
    ------
    BadImageError
        If the pitch is too short, or edges cannot be fitted.
    """
    is_turned = bool(abs(step[0]) > abs(step[1]))
    if is_turned:
        values, used, positions, step = values.T, used.T, positions.T, step[::-1]
    pitch = float(np.hypot(*step))
    across = abs(float(step[1])) / pitch
    positions = positions if step[1] > 0 else -positions
    profile = _mean_profile(values, used, positions, pitch)
    rising, falling = _steepest(profile)
    parts = _parts(profile, rising, (falling - rising) % 1.0, pitch)
    line, space = parts[0]
    if min(line.width, space) * pitch / 2 < SHORTEST:
        raise BadImageError(
            f"lines and spaces of {line.width * pitch:.1f} and {space * pitch:.1f} px are too narrow to measure, "
            f"wanted {2 * SHORTEST:g} px; take an image of higher magnification"
        )
    found = []
    cut_off: float | None = None
    for line, space in parts:
        halves = (line.width * pitch / 2, space * pitch / 2)  # the brighter and the darker part
        for side in (_Side(line.rising, +1.0, halves), _Side(line.rising + line.width, -1.0, halves)):
            found.append(_find_side(values, used, positions, side, across, level))
            reach = REACH * min(halves)
            cut_off = reach if found[-1].reached > reach else cut_off
    left, right = (
        np.stack([side.columns for side in sides], axis=1).reshape(-1, positions.shape[0])
        for sides in (found[::2], found[1::2])
    )
    if dark_lines:
        left, right = right[:-1], left[1:]
    seen = np.flatnonzero((np.isfinite(left) | np.isfinite(right)).any(axis=1))
    if not len(seen):
        raise BadImageError("no edge of a line was found; check the contrast and the focus of the image")
    shown = slice(seen[0], seen[-1] + 1)
    left, right = left[shown], right[shown]
    blur = float(np.mean([side.blur for side in found]))
    slope = -float(step[0] / step[1])
    error = math.hypot(*(float(np.mean([side.error for side in sides])) for sides in (found[::2], found[1::2])))
    two = len(parts) == 1 and _holds_two(profile, rising, parts[0][0].width)
    return LineEdges(left, right, across, slope, is_turned, pitch / len(parts), blur, error, two, cut_off)


class _Line(NamedTuple):
    """A line in the mean profile: where it begins, and its width, in repeats of the lattice."""

    rising: float
    width: float


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two edges in a pitch: its place in the pitch, the sign of its slope, and half widths around it, px."""

    phase: float
    sign: float
    halves: tuple[float, float]


class _Found(NamedTuple):
    """Edges of one kind: `columns`, shape (edges, rows), the blur, the error that all share, how far they vary; px."""

    columns: np.ndarray
    blur: float
    error: float
    reached: float


def _mean_profile(values: np.ndarray, used: np.ndarray, positions: np.ndarray, pitch: float) -> np.ndarray:
    """Average one pitch over the image: float64, shape (bins,), with at least 8 bins and about 4 in a pixel."""
    bins = max(8, round(pitch * PHASES_PER_PX))
    number = np.floor((positions[used] % 1.0) * bins).astype(np.int64) % bins
    count = np.bincount(number, minlength=bins)
    mean = np.bincount(number, values[used].astype(np.float64), minlength=bins) / np.maximum(count, 1)
    mean = np.interp(np.arange(bins), np.flatnonzero(count), mean[count > 0], period=bins)
    return _smooth(mean, SMOOTHED // 2)


def _smooth(profile: np.ndarray, reach: int) -> np.ndarray:
    """Average a mean profile over as many bins on either side."""
    smooth: np.ndarray = np.mean([np.roll(profile, shift) for shift in range(-reach, reach + 1)], axis=0)
    return smooth


def _steepest(profile: np.ndarray) -> tuple[float, float]:
    """Return the places in the pitch, 0 to 1, where its mean profile rises and falls most steeply."""
    reach = max(1, PHASES_PER_PX // 2)
    slope = np.roll(profile, -reach) - np.roll(profile, reach)
    return (int(slope.argmax()) + 0.5) / len(profile), (int(slope.argmin()) + 0.5) / len(profile)


def _parts(profile: np.ndarray, rising: float, width: float, pitch: float) -> list[tuple[_Line, float]]:
    """Return the one or two lines of a repeat, each with the narrower of the two spaces beside it, in repeats.

    Two lines are the two parts of the mean profile that are brighter than the middle between its brightest and its
    darkest quarter, if they and their spaces are wide enough to measure; `pitch` is the length of a repeat, px.
    """
    if not _holds_two(profile, rising, width):
        return [(_Line(rising, width), 1 - width)]
    bins = len(profile)
    profile = _smooth(profile, PHASES_PER_PX // 2)  # an edge of the noisy profile may pass the middle twice
    low, high = np.percentile(profile, (12.5, 87.5))
    bright = profile > (low + high) / 2
    begins = np.flatnonzero(bright & ~np.roll(bright, 1))
    if len(begins) != 2:
        return [(_Line(rising, width), 1 - width)]
    ends = np.flatnonzero(~bright & np.roll(bright, 1))
    first, second = (int(ends[np.argmin((ends - begin) % bins)] - begin) % bins / bins for begin in begins)
    starts = [int(begin) / bins for begin in begins]
    spaces = (starts[1] - starts[0] - first, 1 - (starts[1] - starts[0]) - second)
    if min(first, second, *spaces) * pitch / 2 < SHORTEST:
        return [(_Line(rising, width), 1 - width)]
    return [(_Line(start, line), min(spaces)) for start, line in zip(starts, (first, second), strict=True)]


def _holds_two(profile: np.ndarray, rising: float, line: float) -> bool:
    """Return whether a pitch holds two lines: the middle of its line is as dark as the space, or that as bright."""
    turned = np.roll(profile, -round(rising * len(profile)))
    edge = round(line * len(profile))
    inner, outer = (part[len(part) // 6 + 1 : -(len(part) // 6) - 1] for part in (turned[:edge], turned[edge:]))
    if not len(inner) or not len(outer):
        return False
    bright, dark = float(np.median(inner)), float(np.median(outer))
    nearly = AS_DARK * (float(profile.max()) - dark)
    return bool(inner.min() <= dark + nearly or outer.max() >= bright - nearly)


def _find_side(
    values: np.ndarray, used: np.ndarray, positions: np.ndarray, side: _Side, across: float, level: float | None
) -> _Found:
    """Find one kind of edge in all repeats."""
    expected = _expected_columns(positions, side.phase)
    edges, rows = expected.shape
    reach = REACH * min(side.halves)
    before, after = side.halves[::-1]  # the lower side lies at negative x
    half = int(np.ceil(max(side.halves) / across)) + 1
    offsets = np.arange(-half, half + 1)
    first = np.rint(np.nan_to_num(expected, nan=-4.0 * half)).astype(np.int64)
    column = first[..., None] + offsets
    x = side.sign * across * (column - np.nan_to_num(expected, nan=0.0)[..., None])
    inside = (column >= 0) & (column < values.shape[1]) & np.isfinite(expected)[..., None]
    inside &= (x >= -before) & (x <= after)
    column = np.clip(column, 0, values.shape[1] - 1)
    row = np.arange(rows)[None, :, None]
    inside &= used[row, column]
    grey = values[row, column].astype(np.float64)
    near = inside & (x >= -FITTED * before) & (x <= FITTED * after)
    model = fit_samples(x[near], grey[near])
    shape = (edges * rows, len(offsets))
    shift = displacements(x.reshape(shape), grey.reshape(shape), inside.reshape(shape), model, reach)
    shift = shift.reshape(edges, rows)
    sound = np.isfinite(shift)
    if sound.any():  # what is unlike the others, as at a defect, shall not change the mean profile
        near &= sound[..., None]
        model = fit_samples(x[near], grey[near])
    straight = model.sharpened(own_deviation(shift, 1))
    edge = centred(shift) + straight.edge(level, (before, after))
    columns = expected + side.sign * edge / across
    return _Found(columns, straight.blur, straight.edge_error(level, (before, after)), _reached(shift))


def _reached(shift: np.ndarray) -> float:
    """Return how far displacements, shape (edges, rows), reach: the usual offset of an edge, and 99 % around it, px."""
    shift = shift[np.isfinite(shift).any(axis=1)]
    if not shift.size:
        return 0.0
    offsets = np.nanmean(shift, axis=1)
    return float(offsets.std() + WITHIN * np.nanstd(shift - offsets[:, None]))


def _expected_columns(positions: np.ndarray, phase: float) -> np.ndarray:
    """Return where each row reaches `phase` of each pitch, shape (pitches, rows); NaN outside of the image."""
    # one pitch more on either side: the same pitches for both edges of a line
    wanted = np.arange(np.floor(positions.min()) - 2, np.ceil(positions.max()) + 1) + phase
    cols = np.arange(positions.shape[1])
    return np.stack([np.interp(wanted, row, cols, left=np.nan, right=np.nan) for row in positions], axis=1)


def pieces_of_lines(tracks: np.ndarray, length: int, most_missing: float) -> Iterator[np.ndarray]:
    """Yield equally long pieces of tracks (positions or widths along lines); short gaps are filled linearly.

    Parameters
    ----------
    tracks : ndarray of float64, shape (lines, rows)
        NaN where nothing was found.
    length : int
        Rows of a piece.
    most_missing : float
        Largest share of a piece that may be missing.
    """
    for track in tracks:
        known = np.flatnonzero(np.isfinite(track))
        if len(known) < 2:
            continue
        begin, end = int(known[0]), int(known[-1]) + 1
        for start in range(begin, end - length + 1, length):
            piece = track[start : start + length]
            found = np.isfinite(piece)
            if found.mean() >= 1 - most_missing:
                at = np.arange(length)
                yield np.interp(at, at[found], piece[found])
