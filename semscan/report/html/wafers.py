"""The wafers of the page: maps, classes, sizes, dies, and the density of one wafer after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from semscan.report.html.charts.control_part import ControlPart, control_parts
from semscan.report.pictures.wafer_map import WaferMap, wafer_map
from semscan.report.wafer_words import density_words, pattern_words, size_bins, wafer_title
from semscan.values.control.trend import Trend
from semscan.values.fab.summary import Density, WaferSummary


@dataclass(frozen=True, slots=True)
class CountBar:
    """A count with its name; `share` is of the largest."""

    name: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class DieRow:
    """One die in the table of dies."""

    name: str
    density: Density


@dataclass(frozen=True, slots=True)
class WaferPart:
    """One wafer on the page."""

    title: str
    words: str
    map: WaferMap
    patterns: list[str]
    classes: list[CountBar]
    sizes: list[CountBar]
    dies: list[DieRow]
    density: Density


@dataclass(frozen=True, slots=True)
class TrendPart:
    """The control charts of the wafers of one step."""

    title: str
    trend: Trend
    parts: list[ControlPart]


def trend_parts(trends: Sequence[Trend]) -> list[TrendPart]:
    """Return what the page shows of the wafers of each step."""
    return [
        TrendPart(f"Trend over wafers{f', step {trend.step}' if trend.step else ''}", trend, control_parts(trend))
        for trend in trends
    ]


def wafer_parts(summaries: Sequence[WaferSummary]) -> list[WaferPart]:
    """Return what the page shows of each wafer."""
    return [
        WaferPart(
            title=wafer_title(summary.wafer.frame),
            words=density_words(summary.density),
            map=wafer_map(summary),
            patterns=[pattern_words(pattern) for pattern in summary.patterns],
            classes=_bars(summary.classes),
            sizes=_bars(size_bins(summary.wafer.counted)),
            dies=[DieRow(f"{column}, {row}", density) for (column, row), density in summary.dies],
            density=summary.density,
        )
        for summary in summaries
    ]


def _bars(counts: Sequence[tuple[str, int]]) -> list[CountBar]:
    most = max((count for _, count in counts), default=1)
    return [CountBar(name, count, count / most) for name, count in counts]
