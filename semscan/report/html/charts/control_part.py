"""A control chart with its figures as words and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from semscan.report.html.charts.control import ControlPlot, draw_control
from semscan.report.html.charts.scale import Scale, scale_of
from semscan.report.html.parts import plain
from semscan.values.control.trend import INDIVIDUALS, RATES, SHARES, ControlChart, Point, Trend

KINDS = {INDIVIDUALS: "individuals and moving range", RATES: "u chart", SHARES: "p chart"}
MOST_LISTED = 12


@dataclass(frozen=True, slots=True)
class PointRow:
    """One point in the table; texts, empty where there is nothing."""

    number: int
    name: str
    value: str
    spread: str
    size: str
    limits: str
    signals: str


@dataclass(frozen=True, slots=True)
class ControlPart:
    """One chart on the page: its drawing, what it says in words, and its table.

    `signals` and `changes` are cut to `MOST_LISTED`, with a line that says how many more there are.
    """

    title: str
    words: str
    plot: ControlPlot
    signals: list[str]
    changes: list[str]
    notes: tuple[str, ...]
    unit: str
    spread: str
    size: str
    rows: list[PointRow]


def control_parts(trend: Trend) -> list[ControlPart]:
    """Return what the page shows of each chart."""
    names = [sample.name for sample in trend.samples]
    return [_part(chart, names, trend) for chart in trend.charts]


def _part(chart: ControlChart, names: Sequence[str], trend: Trend) -> ControlPart:
    scale = scale_of(chart)
    is_mean = chart.kind == INDIVIDUALS
    signals = [f"{point.name}: {scale.words(point.value)}, {', '.join(point.signals)}" for point in chart.signalled]
    return ControlPart(
        title=chart.title,
        words=_words(chart, scale),
        plot=draw_control(chart, names, trend.noun, trend.baseline),
        signals=_cut(signals),
        changes=_cut([change.words for change in chart.changes]),
        notes=chart.notes,
        unit=scale.unit,
        spread="standard deviation" if is_mean else "defects" if chart.kind == RATES else "images",
        size="images" if chart.kind != RATES else chart.unit.removeprefix("defects per "),
        rows=[_row(point, scale) for point in chart.points],
    )


def _words(chart: ControlChart, scale: Scale) -> str:
    """Return centre and limits in one line."""
    limits = [point.limits for point in chart.points if point.limits is not None]
    if not limits:
        return f"{KINDS[chart.kind]}, without limits"
    centre = f"{KINDS[chart.kind]}; centre {scale.words(limits[0].centre)}"
    if any(one != limits[0] for one in limits):
        size = "number of images" if chart.kind == SHARES else "area"
        return f"{centre}; the limits of each point depend on its {size}"
    if limits[0].lower is None and limits[0].upper is None:
        return f"{centre}; no limits"
    return f"{centre}; limits {_limits(chart.points[0], scale)} {scale.short}".rstrip()


def _limits(point: Point, scale: Scale) -> str:
    limits = point.limits
    if limits is None:
        return ""
    if limits.lower is None:
        return "none" if limits.upper is None else f"up to {scale.number(limits.upper)}"
    if limits.upper is None:
        return f"from {scale.number(limits.lower)}"
    return f"{scale.number(limits.lower)} to {scale.number(limits.upper)}"


def _row(point: Point, scale: Scale) -> PointRow:
    spread = "" if point.spread is None else scale.number(point.spread)
    return PointRow(
        number=point.number,
        name=point.name,
        value=scale.number(point.value),
        spread=spread if point.count is None else f"{point.count:,}",
        size=plain(point.size) if point.size != int(point.size) else f"{int(point.size):,}",
        limits=_limits(point, scale),
        signals=", ".join(point.signals),
    )


def _cut(lines: list[str]) -> list[str]:
    left = len(lines) - MOST_LISTED
    return [*lines[:MOST_LISTED], f"and {left:,} more"] if left > 0 else lines
