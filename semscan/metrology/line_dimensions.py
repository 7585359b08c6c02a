"""From the edges of lines to their dimensions: pitch, widths, roughness and tilt."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from scipy.stats import linregress

from semscan.errors import BadImageError
from semscan.metrology.lines import LineEdges, pieces_of_lines
from semscan.metrology.roughness import FEWEST_ROWS, THREE_SIGMA, Roughness, measure_roughness
from semscan.metrology.uncertainty import fitted_length, mean_length, mean_number
from semscan.values.measured.dimensions import LINES, STEP, Dimensions, Length, RoughnessRecord
from semscan.values.measured.measurement import LineRow, Measurement, Spectrum

MOST_MISSING = 0.1  # share of a line that may be left out
FEWEST_MIDDLES = 3  # of lines, for a pitch of their own; of fewer the lattice has it
FEWEST_SPACES = 2  # of each kind, for the difference between every second space and the others
FEWEST_SHARED = 6  # edges from which the displacement that they share is known


def measure_lines(
    edges: LineEdges, level: float | None, nm_per_pixel: float | None, *, dark_lines: bool = False
) -> Measurement:
    """Measure pitch, widths, roughness and tilt of lines from their edges.

    What all edges of a row share is drift of the scan, and is not roughness of an edge. Widths do not contain it.

    Parameters
    ----------
    edges : LineEdges
    level : float or None
        By which the edges were placed; see `EdgeModel.edge`.
    nm_per_pixel : float or None
    dark_lines : bool
        By which the edges were found.

    Returns
    -------
    Measurement

    Raises
    ------
    BadImageError
        If no line has both edges in the image.
    """
    length = _usual_length(edges.widths)
    lwr = _roughness(edges.widths, length, edges, levelled=0)
    own, alike = _without_shared(edges.tracks)
    ler = _roughness(own, length, edges, levelled=1, alike=alike)
    tilts = _tilts(edges)
    dimensions = replace(
        _dimensions(edges, length, lwr, tilts, nm_per_pixel),
        edge=STEP if level is None else f"level {level:g}",
        dark_lines=dark_lines,
        lwr=None if lwr is None else _record(lwr, nm_per_pixel),
        ler=None if ler is None else _record(ler, nm_per_pixel),
    )
    rough = [(name, each) for name, each in (("LWR", lwr), ("LER", ler)) if each is not None]
    return Measurement(
        dimensions,
        rows=_rows(edges, tilts),
        spectra=tuple(Spectrum(name, each.frequency, each.density, each.fitted) for name, each in rough),
        outlines=_outlines(edges),
        lengths={"line": _known(edges.widths), "space": _known(edges.spaces)},
        warnings=(*_several_lines(edges), *_cut_off(edges), *_warnings(lwr, ler, length * edges.spacing)),
    )


def _usual_length(widths: np.ndarray) -> int:
    """Return the rows in which a usual line has both edges; lines that hardly lie in the image do not count."""
    whole = np.isfinite(widths).sum(axis=1)
    if not whole.any():
        raise BadImageError("no line has both edges in the image; take an image of a larger field")
    return int(np.median(whole[whole >= min(FEWEST_ROWS, whole.max())]))


def _dimensions(
    edges: LineEdges, length: int, lwr: Roughness | None, tilts: np.ndarray, nm_per_pixel: float | None
) -> Dimensions:
    """Return all dimensions but the roughness."""
    line_means = _means(edges.widths, length)
    space_means = _means(edges.spaces, length)
    evaluated = length * edges.spacing
    # the variance of the mean of a long line is its spectrum at frequency 0, two-sided, divided by its length
    alone = None if lwr is None else math.sqrt(lwr.fitted[0] / 2 / evaluated)
    angle = (90.0 if edges.is_turned else 0.0) + _turn(edges, edges.slope)
    tilted = tilts.reshape(-1, 2)  # both edges of a line may wiggle alike: a line counts once
    known = np.isfinite(tilted).any(axis=1)
    return Dimensions(
        pattern=LINES,
        edge=STEP,
        parts=len(line_means),
        pitch=(fitted_length(*_pitch(edges), nm_per_pixel),),
        angle_deg=(90.0 - (90.0 - angle) % 180.0,),
        blur_px=edges.blur,
        line_cd=mean_length(line_means, nm_per_pixel, edges.width_error, alone),
        space_cd=mean_length(space_means, nm_per_pixel, edges.width_error, alone) if len(space_means) else None,
        pitch_walk=_pitch_walk(edges, length, nm_per_pixel),
        tilt_deg=mean_number(np.nanmean(tilted[known], axis=1)) if known.any() else None,
        length_px=evaluated,
        length_nm=None if nm_per_pixel is None else evaluated * nm_per_pixel,
    )


def _pitch_walk(edges: LineEdges, length: int, nm_per_pixel: float | None) -> Length | None:
    """Return by how much the spaces with odd numbers are wider than the others; None with fewer than two of each."""
    spaces = edges.spaces
    odd, even = _means(spaces[::2], length), _means(spaces[1::2], length)
    if min(len(odd), len(even)) < FEWEST_SPACES:
        return None
    own = [float(means.var(ddof=1)) / len(means) for means in (odd, even)]
    degrees = sum(part**2 / (len(means) - 1) for part, means in zip(own, (odd, even), strict=True))
    freedom = max(sum(own) ** 2 / max(degrees, 1e-300), 1.0)  # after Welch and Satterthwaite
    return fitted_length(float(odd.mean() - even.mean()), math.sqrt(sum(own)), freedom, nm_per_pixel)


def _known(lengths: np.ndarray) -> np.ndarray:
    return lengths[np.isfinite(lengths)]


def _several_lines(edges: LineEdges) -> tuple[str, ...]:
    if not edges.holds_two:
        return ()
    return (
        f"each repeat of {edges.pitch:.1f} px seems to hold several lines that are not told apart: the widths are not "
        "those of single lines; look at the picture",
    )


def _cut_off(edges: LineEdges) -> tuple[str, ...]:
    if edges.cut_off_px is None:
        return ()
    return (
        f"edges are searched within {edges.cut_off_px:.1f} px of their line, and some lie beyond: LER and LWR are too "
        "small, and their intervals do not hold; take an image of higher magnification",
    )


def _warnings(lwr: Roughness | None, ler: Roughness | None, length: float) -> tuple[str, ...]:
    if lwr is None or ler is None:
        what = "roughness" if lwr is None and ler is None else "LWR" if lwr is None else "LER"
        return (f"{what} is not measured: no line has edges without a gap along {FEWEST_ROWS} px",)
    found = [("LWR", lwr), ("LER", ler)]
    short = tuple(
        f"the {name} cannot be told from the blur of the beam: the unbiased value is that of the blurred edge, and has "
        "no interval"
        for name, each in found
        if each.is_blurred_away
    )
    return short + tuple(
        f"the correlation length of the {name} is long for lines of {length:.0f} px: the unbiased value holds for this "
        "length only, and has no interval"
        for name, each in found
        if not each.is_resolved
    )


def _roughness(
    tracks: np.ndarray, length: int, edges: LineEdges, *, levelled: int, alike: float = 0.0
) -> Roughness | None:
    pieces = list(pieces_of_lines(tracks, length, MOST_MISSING))
    if length < FEWEST_ROWS or not pieces:
        return None
    return measure_roughness(np.array(pieces), edges.spacing, edges.blur, levelled=levelled, alike=alike)


def _likeness(tracks: np.ndarray) -> float:
    """Return the correlation of the two levelled edges of a line, -1 to 1: the median over the lines; 0 if unknown."""
    found = []
    for left, right in zip(tracks[::2], tracks[1::2], strict=True):
        known = np.isfinite(left) & np.isfinite(right)
        if known.sum() >= FEWEST_ROWS:
            one, other = (edge[known] - edge[known].mean() for edge in (left, right))
            found.append(float(one @ other) / max(math.sqrt(float((one @ one) * (other @ other))), 1e-300))
    return float(np.median(found)) if found else 0.0


def _without_shared(tracks: np.ndarray) -> tuple[np.ndarray, float]:
    """Take off what all edges of a row share, and restore the variance that this takes from each.

    Also return the correlation of the two edges of a line: the more they are alike, the more is taken.
    """
    rows = np.arange(tracks.shape[1])
    level = np.full(tracks.shape, np.nan)
    for number, track in enumerate(tracks):
        known = np.isfinite(track)
        if known.sum() >= FEWEST_ROWS:
            level[number, known] = track[known] - np.polyval(np.polyfit(rows[known], track[known], 1), rows[known])
    count = np.isfinite(level).sum(axis=0)
    shared = np.where(count >= FEWEST_SHARED, np.nansum(level, axis=0) / np.maximum(count, 1), 0.0)
    own = level - shared
    alike = _likeness(own)
    others = np.maximum(count - 1, 1)
    # taking off what is shared makes the edges less alike
    before = (1 + alike * others) / np.maximum(others + alike, 1e-9)
    restored = np.where(count >= FEWEST_SHARED, count / np.maximum(count - 1 - before, 1), 1)
    return own * np.sqrt(restored), alike


def _means(tracks: np.ndarray, length: int) -> np.ndarray:
    """Return the mean of each line of which half of the usual length was found."""
    return np.array([float(np.nanmean(track)) for track in tracks if np.isfinite(track).sum() * 2 >= length])


def _tilts(edges: LineEdges) -> np.ndarray:
    """Return the tilt of each edge, degrees; NaN for short ones."""
    columns = np.stack([edges.left, edges.right], axis=1).reshape(-1, edges.left.shape[1])
    tilts = np.full(len(columns), np.nan)
    rows = np.arange(columns.shape[1])
    for number, column in enumerate(columns):
        known = np.isfinite(column)
        if known.sum() >= min(FEWEST_ROWS, len(rows) // 2):
            tilts[number] = _turn(edges, np.polyfit(rows[known], column[known], 1)[0])
    return tilts


def _turn(edges: LineEdges, slope: float) -> float:
    """Return the angle of an edge whose column changes by `slope` in each row, degrees from x towards y (down)."""
    turn = math.degrees(math.atan(slope))
    return turn if edges.is_turned else -turn


def _pitch(edges: LineEdges) -> tuple[float, float | None, float]:
    """Return the pitch of the middles of the lines, px, its standard error, and the degrees of freedom."""
    middles = (edges.tracks[::2] + edges.tracks[1::2]) / 2
    number = np.flatnonzero(np.isfinite(middles).any(axis=1))
    if len(number) < FEWEST_MIDDLES:
        return edges.pitch, None, 0.0
    fit = linregress(number, np.nanmean(middles[number], axis=1))
    return float(fit.slope), float(fit.stderr), len(number) - 2.0


def _record(roughness: Roughness, nm_per_pixel: float | None) -> RoughnessRecord:
    three = THREE_SIGMA
    low, high = roughness.interval
    if roughness.is_resolved and not roughness.is_blurred_away:
        interval = three * low, three * high
        unbiased = Length.of(three * roughness.unbiased, three * roughness.unbiased_error, interval, nm_per_pixel)
    else:
        within = math.sqrt(max(roughness.biased**2 - roughness.noise**2, 0.0))
        unbiased = Length.of(three * within, None, None, nm_per_pixel)
    scale = None if nm_per_pixel is None else three * nm_per_pixel
    return RoughnessRecord(
        unbiased=unbiased,
        biased_px=three * roughness.biased,
        noise_px=three * roughness.noise,
        biased_nm=None if scale is None else scale * roughness.biased,
        noise_nm=None if scale is None else scale * roughness.noise,
        correlation_length=Length.of(
            roughness.correlation, roughness.correlation_error, roughness.correlation_interval, nm_per_pixel
        ),
        hurst=roughness.hurst,
    )


def _rows(edges: LineEdges, tilts: np.ndarray) -> tuple[LineRow, ...]:
    rows: list[LineRow] = []
    tracks = edges.tracks
    for number in range(len(edges.left)):
        left, right = tracks[2 * number], tracks[2 * number + 1]
        rows.append(_row("left edge", number, left, None, float(tilts[2 * number])))
        rows.append(_row("right edge", number, right, None, float(tilts[2 * number + 1])))
        rows.append(_row("line", number, (left + right) / 2, right - left, None))
        if number + 1 < len(edges.left):
            following = tracks[2 * number + 2]
            rows.append(_row("space", number, (right + following) / 2, following - right, None))
    return tuple(row for row in rows if row.measured > 0)


def _row(part: str, number: int, position: np.ndarray, width: np.ndarray | None, tilt: float | None) -> LineRow:
    known = np.isfinite(position)
    if not known.any():
        return LineRow(part, number + 1, math.nan, None, math.nan, None, 0.0)
    at = np.flatnonzero(known)
    straight = width is None and len(at) > 2
    values = position[known] if width is None else width[known]
    level = values - (np.polyval(np.polyfit(at, values, 1), at) if straight else values.mean())
    return LineRow(
        part=part,
        number=number + 1,
        position_px=float(position[known].mean()),
        width_px=None if width is None else float(values.mean()),
        sigma3_px=THREE_SIGMA * float(level.std()),
        tilt_deg=None if tilt is None or math.isnan(tilt) else tilt,
        measured=float(known.mean()),
    )


def _outlines(edges: LineEdges) -> tuple[np.ndarray, ...]:
    rows = edges.rows
    columns = np.stack([edges.left, edges.right], axis=1).reshape(-1, len(rows))
    order = (1, 0) if edges.is_turned else (0, 1)
    return tuple(np.stack([rows, column], axis=1)[:, order] for column in columns)
