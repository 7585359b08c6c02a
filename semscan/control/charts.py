"""Control charts of inspections one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from semscan.control.changes import OF_DEFECTS, OF_DIMENSIONS, Conditions, conditions_of, find_changes, mixed_notes
from semscan.control.figures import (
    DIMENSIONS,
    Figure,
    defective_figure,
    density_figure,
    dimension_figure,
    unjudged_figure,
)
from semscan.control.limits import individuals_limits, rate_limits, share_limits
from semscan.control.rules import RUN, find_signals
from semscan.phrases import listed, plural
from semscan.values.control.trend import INDIVIDUALS, RATES, SHARES, ControlChart, Limits, Point, Sample, Trend

FEWEST = RUN  # points of a baseline; with fewer its limits are provisional
MOST_NAMED = 5
UNITS = ("nm", "px")  # of lengths


def draw_trend(samples: Sequence[Sample], *, noun: str, order: str, baseline: int | None) -> Trend:
    """Return the control charts of all figures that at least two samples have.

    Parameters
    ----------
    samples : sequence of Sample
        In their order.
    noun : str
        What a sample is: "folder" or "wafer".
    order : str
        The rule of the order, in words.
    baseline : int or None
        Limits come from so many samples, the first ones; None: from all.
    """
    first = min(baseline or len(samples), len(samples))
    maker = _Maker(samples, noun, first)
    dimensions = [maker.chart(dimension_figure(each, samples), INDIVIDUALS) for each in DIMENSIONS]
    unjudged = unjudged_figure(samples)
    any_unjudged = any(point.count for point in unjudged.points)
    counts = [
        maker.chart(density_figure(samples), RATES),
        maker.chart(defective_figure(samples), SHARES),
        maker.chart(unjudged, SHARES) if any_unjudged else None,
    ]
    return Trend(
        noun=noun,
        order=order,
        samples=tuple(samples),
        baseline=first,
        charts=tuple(chart for chart in (*dimensions, *counts) if chart is not None),
        notes=(
            *([provisional(first, noun)] if first < FEWEST else []),
            *([] if any_unjudged else [f"All images of all {noun}s could be judged."]),
        ),
    )


class _Maker:
    def __init__(self, samples: Sequence[Sample], noun: str, baseline: int) -> None:
        self._samples = samples
        self._noun = noun
        self._baseline = baseline
        self._conditions: list[Conditions] = [conditions_of(sample) for sample in samples]

    def chart(self, figure: Figure, kind: str) -> ControlChart | None:
        """Return the chart of a figure; None if fewer than two samples have it."""
        if len(figure.points) < 2:
            return None
        settings = OF_DIMENSIONS if kind == INDIVIDUALS else OF_DEFECTS
        baseline = [point for point in figure.points if point.number <= self._baseline]
        limits, reason = find_limits(kind, baseline, figure)
        points = figure.points
        notes = [reason] if reason else []
        if limits:
            signals = find_signals([point.value for point in points], limits)
            points = [
                replace(point, limits=around, signals=found)
                for point, around, found in zip(points, limits, signals, strict=True)
            ]
            if len(baseline) < min(FEWEST, self._baseline):
                notes.append(provisional(len(baseline), self._noun))
        notes += self._missing(points)
        notes += mixed_notes(self._samples, self._conditions, settings)
        return ControlChart(
            key=figure.key,
            title=figure.title,
            unit=figure.unit,
            kind=kind,
            points=tuple(points),
            baseline=len(baseline),
            changes=tuple(find_changes(self._samples, self._conditions, settings)),
            notes=tuple(notes),
        )

    def _missing(self, points: Sequence[Point]) -> list[str]:
        there = {point.number for point in points}
        names = [sample.name for number, sample in enumerate(self._samples, 1) if number not in there]
        return [f"No such figure: {first_of(names)}."] if names else []


def first_of(names: Sequence[str]) -> str:
    """Return names as an enumeration; of many, the first, and how many follow."""
    more = [f"{len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
    return listed([*names[:MOST_NAMED], *more])


def provisional(count: int, noun: str) -> str:
    """Return the caution about limits from few samples."""
    return f"Limits are provisional: they come from {plural(count, noun)}, and 20 or more are usual."


def find_limits(kind: str, baseline: Sequence[Point], figure: Figure) -> tuple[list[Limits], str]:
    """Return the limits of each point, or none and the reason in one sentence."""
    if len(baseline) < 2:
        return [], "No limits: fewer than 2 points in the baseline."
    if kind == INDIVIDUALS:
        limits = individuals_limits([point.value for point in baseline], are_lengths=figure.unit in UNITS)
        if limits is None:
            return [], "No limits: the points of the baseline do not differ."
        return [limits] * len(figure.points), ""
    size = sum(point.size for point in baseline)
    mean = sum(point.count or 0 for point in baseline) / size
    if mean == 0 or (kind == SHARES and mean == 1):
        return [], f"No limits: {'nothing was' if mean == 0 else 'all images were'} counted in the baseline."
    around = rate_limits if kind == RATES else share_limits
    return [around(mean, point.size) for point in figure.points], ""
