"""Control charts of several inspections as one page."""

from __future__ import annotations

from dataclasses import dataclass

from semscan.report.html.charts.control_part import control_parts
from semscan.report.html.page import Section, fill_page
from semscan.report.html.parts import many, utc
from semscan.values.control.trend import Trend
from semscan.version import __version__

GENERATOR = "semscan-trend"
SECTIONS = (
    Section("charts", "Control charts", "trend/"),
    Section("samples", "What is compared", "trend/"),
    Section("rules", "How to read the charts", "trend/"),
)
NO_SPECIFICATION = "Control limits come from the process itself. They are not the limits of a specification."


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One sample in the table of samples."""

    number: int
    name: str
    path: str | None
    began: str
    images: int
    unjudged: int


def html_trend(trend: Trend) -> str:
    """Return the trend as one page that needs nothing else: no network, no other file, no script.

    Whatever stems from a file is escaped.
    """
    samples = [
        SampleRow(
            number=number,
            name=sample.name,
            path=sample.path,
            began=utc(sample.began or ""),
            images=len(sample.records),
            unjudged=len(sample.records) - len(sample.judged),
        )
        for number, sample in enumerate(trend.samples, 1)
    ]
    counted = many(len(trend.samples), trend.noun)
    return fill_page(
        title=f"Trend of {counted}",
        subtitle=[f"{trend.samples[0].name} to {trend.samples[-1].name}", f"semscan {__version__}"],
        sections=SECTIONS,
        script="",
        generator=GENERATOR,
        footer=NO_SPECIFICATION,
        trend=trend,
        parts=control_parts(trend),
        samples=samples,
    )
