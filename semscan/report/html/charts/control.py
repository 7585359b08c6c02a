"""A control chart: where its points, limits and marks lie."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from semscan.report.html.charts.plot import BOTTOM, HIGH, LETTER, RIGHT, WIDE, Tick
from semscan.report.html.charts.scale import Scale, scale_of, whole_steps
from semscan.values.control.trend import INDIVIDUALS, ControlChart, Limits, Point

TOP = 36  # the unit stands above, and where the baseline ends
BASE = HIGH - BOTTOM
LARGEST_DOT = 3.0
DOT_SHARE = 0.3  # of the room of a point
NAME_GAP = 8.0  # between names below the axis
WHISKER_SHARE = 0.75  # of the range of points and limits: so much further whiskers are shown
MARGIN = 0.05  # of the range, above and below
NO_SPREAD = 1e-6  # of the largest value: then the axis shows this share of it
FLAT_MARGIN = 0.01
LONGEST_NAME = 6  # letters; longer names are in the table, by their numbers


@dataclass(frozen=True, slots=True)
class Level:
    """A line across the chart, and the value that it marks."""

    label: str
    y: float


@dataclass(frozen=True, slots=True)
class Dot:
    """One point: its place, the ends of its whisker (equal without one), and whether it is remarkable."""

    x: float
    y: float
    high: float
    low: float
    is_out: bool
    words: str


@dataclass(frozen=True, slots=True)
class ControlPlot:
    """The drawing: `limits` and `line` are paths, `changes` the places where settings change."""

    levels: list[Level]
    ticks: list[Tick]
    dots: list[Dot]
    line: str
    centre: float | None
    limits: list[str]
    changes: list[float]
    baseline: float | None
    radius: float
    left: float
    across: str
    up: str
    right: int = WIDE - RIGHT
    top: int = TOP
    base: int = BASE
    width: int = WIDE
    height: int = HIGH


def draw_control(chart: ControlChart, names: Sequence[str], noun: str, baseline: int) -> ControlPlot:
    """Lay out a chart.

    Parameters
    ----------
    chart : ControlChart
        With 2 points or more.
    names : sequence of str
        Of all samples, those without a point too.
    noun : str
        What a sample is.
    baseline : int
        Number of samples from which limits come.
    """
    scale = scale_of(chart)
    low, high = _range(chart)
    steps, labels = whole_steps(low * scale.factor, high * scale.factor)
    left = 8 + LETTER * max(map(len, labels))
    room = (WIDE - RIGHT - left) / len(names)

    def x(number: float) -> float:
        return left + (number - 0.5) * room

    def y(value: float) -> float:
        return BASE - (min(max(value, low), high) - low) / (high - low) * (BASE - TOP)

    is_short = max(map(len, names)) <= LONGEST_NAME
    below = list(names) if is_short else [str(number) for number in range(1, len(names) + 1)]
    stride = math.ceil((LETTER * max(map(len, below)) + NAME_GAP) / room)
    centre = chart.points[0].limits
    return ControlPlot(
        levels=[Level(label, y(step / scale.factor)) for step, label in zip(steps, labels, strict=True)],
        ticks=[Tick(x(n + 1), below[n], x(n + 1)) for n in range(0, len(names), stride)],
        dots=[_dot(point, x, y, scale) for point in chart.points],
        line="M" + "L".join(f"{x(point.number):.1f} {y(point.value):.1f}" for point in chart.points),
        centre=None if centre is None else y(centre.centre),
        limits=[
            path
            for side in (lambda limits: limits.upper, lambda limits: limits.lower)
            if (path := _steps(chart.points, side, x, y))
        ],
        changes=sorted({x(change.number - 0.5) for change in chart.changes}),
        baseline=x(baseline + 0.5) if centre is not None and baseline < len(names) else None,
        radius=min(LARGEST_DOT, max(1.2, DOT_SHARE * room)),
        left=left,
        across=noun if is_short else f"number of the {noun}",
        up=scale.unit,
    )


def _range(chart: ControlChart) -> tuple[float, float]:
    """Return the ends of the axis: points, limits and, so far as they do not hide these, whiskers."""
    limits = [point.limits for point in chart.points if point.limits is not None]
    values = [point.value for point in chart.points]
    values += [value for around in limits for value in (around.lower, around.upper) if value is not None]
    low, high = min(values), max(values)
    span = high - low
    spreads = [(point.value - point.spread, point.value + point.spread) for point in chart.points if point.spread]
    if spreads and span:
        low = max(min(low, *(ends[0] for ends in spreads)), low - WHISKER_SHARE * span)
        high = min(max(high, *(ends[1] for ends in spreads)), high + WHISKER_SHARE * span)
    if chart.kind != INDIVIDUALS:
        return 0.0, high * (1 + MARGIN) or 1.0
    largest = max(abs(low), abs(high))
    margin = MARGIN * (high - low) if high - low > NO_SPREAD * largest else FLAT_MARGIN * largest or 1.0
    return low - margin, high + margin


def _dot(point: Point, x: Callable[[float], float], y: Callable[[float], float], scale: Scale) -> Dot:
    spread = point.spread or 0.0
    return Dot(
        x=x(point.number),
        y=y(point.value),
        high=y(point.value + spread),
        low=y(point.value - spread),
        is_out=bool(point.signals),
        words=f"{point.name}: {scale.words(point.value)}",
    )


def _steps(
    points: Sequence[Point],
    side: Callable[[Limits], float | None],
    x: Callable[[float], float],
    y: Callable[[float], float],
) -> str:
    """Return the path of a limit: level in the room of each point, and open where there is none."""
    path = ""
    before = math.nan  # number of the point to which the path has come
    for point in points:
        value = None if point.limits is None else side(point.limits)
        if value is None:
            continue
        start = "L" if before == point.number - 1 else "M"
        path += f"{start}{x(point.number - 0.5):.1f} {y(value):.1f}H{x(point.number + 0.5):.1f}"
        before = point.number
    return path
