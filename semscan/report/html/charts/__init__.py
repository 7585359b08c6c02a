"""The charts of the page: where each bar, tick and dot lies. The templates draw them as SVG."""

from __future__ import annotations

from dataclasses import dataclass

from semscan.report.html.charts.classes import ClassCount, class_counts
from semscan.report.html.charts.field import FieldMap, field_map
from semscan.report.html.charts.histograms import Histogram, score_histogram, size_histogram
from semscan.report.html.summary import Summary


@dataclass(frozen=True, slots=True)
class Charts:
    """All charts; None or empty where there is nothing to show."""

    scores: Histogram | None
    sizes: Histogram | None
    field: FieldMap | None
    classes: list[ClassCount]

    @property
    def any(self) -> bool:
        """True if there is any chart."""
        return bool(self.scores or self.sizes or self.field or self.classes)


def draw_charts(summary: Summary) -> Charts:
    """Lay out the charts of an inspection."""
    return Charts(score_histogram(summary), size_histogram(summary), field_map(summary), class_counts(summary))
