"""How many images have which score, and how many regions that count have which size."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass

from semscan.report.html.charts.plot import BOTTOM, HIGH, LEFT, RIGHT, TOP, WIDE, Bar, GridLine, Plot, Threshold, Tick
from semscan.report.html.parts import many, plain
from semscan.report.html.summary import Summary
from semscan.report.pictures.scale_bar import length_text

STEPS = 20  # bars of the scores
DIGITS = 9  # of a place among them: 0.55 * 20 is not quite 11
PER_DECADE = 6  # bars of the sizes
MOST_THRESHOLDS = 3
SMALLEST_SIZE = 0.1


@dataclass(frozen=True, slots=True)
class Histogram:
    """Bars over a scale. `across` and `up` name the axes, `words` say it in one line."""

    title: str
    words: str
    across: str
    up: str
    grid: list[GridLine]
    ticks: list[Tick]
    bars: list[Bar]
    thresholds: list[Threshold]
    width: int = WIDE
    height: int = HIGH
    left: int = LEFT
    right: int = WIDE - RIGHT
    top: int = TOP
    base: float = HIGH - BOTTOM
    bottom: int = HIGH - BOTTOM


def score_histogram(summary: Summary) -> Histogram | None:
    """Count the judged images by their scores, and mark the thresholds; None without scores."""
    scored = [(record.score, record.defect) for record in summary.judged if record.score is not None]
    if not scored:
        return None
    counts = {"cold": [0] * STEPS, "hot": [0] * STEPS}
    for score, defect in scored:
        counts["hot" if defect else "cold"][_step(score)] += 1
    both = [cold + hot for cold, hot in zip(counts["cold"], counts["hot"], strict=True)]
    plot = Plot(max(both), [step / STEPS for step in range(STEPS + 1)])
    thresholds = sorted({record.threshold for record in summary.judged})[:MOST_THRESHOLDS]
    median = statistics.median(score for score, _ in scored)
    defective = sum(counts["hot"])
    return Histogram(
        title="Scores of the images",
        words=f"{many(len(scored), 'image')}, {defective} with defects; median score {median:.2f}",
        across="score",
        up="images",
        grid=plot.grid,
        ticks=plot.ticks([(value, f"{value:g}") for value in (0, 0.25, 0.5, 0.75, 1)]),
        bars=[*plot.bars(counts["cold"], "cold"), *plot.bars(counts["hot"], "hot", counts["cold"])],
        thresholds=[plot.threshold(value) for value in thresholds],
    )


def _step(score: float) -> int:
    """Return the number of a score's bar; a score between two bars, as that of the threshold, is of the left one."""
    return max(1, math.ceil(round(min(1.0, max(0.0, score)) * STEPS, DIGITS))) - 1


def size_histogram(summary: Summary) -> Histogram | None:
    """Count the regions by their sizes, on a logarithmic scale; None without any."""
    if not summary.defects:
        return None
    in_nm = summary.all_calibrated
    unit = "nm" if in_nm else "px"
    sizes = sorted((defect.diameter_nm if in_nm else defect.diameter) or 0.0 for defect in summary.defects)
    steps = [math.floor(math.log10(max(size, SMALLEST_SIZE)) * PER_DECADE) for size in sizes]
    first = steps[0]
    heights = [0] * max(4, steps[-1] - first + 1)
    for step in steps:
        heights[step - first] += 1
    plot = Plot(max(heights), [(first + k) / PER_DECADE for k in range(len(heights) + 1)])
    smallest = 10 ** (first / PER_DECADE)
    largest = 10 ** ((first + len(heights)) / PER_DECADE)
    round_ones = [step * 10.0**power for power in range(-1, 8) for step in (1, 2, 5)]
    labels = [
        (math.log10(size), length_text(size) if in_nm else f"{size:g}")
        for size in round_ones
        if smallest <= size <= largest
    ]
    median = plain(statistics.median(sizes))
    return Histogram(
        title="Sizes of the regions",
        words=f"{many(len(sizes), 'region')}; median {median} {unit} (of the circle of the same area)",
        across="equivalent diameter" if in_nm else "equivalent diameter, px",
        up="regions",
        grid=plot.grid,
        ticks=plot.ticks(labels),
        bars=plot.bars(heights, "hot"),
        thresholds=[],
    )
