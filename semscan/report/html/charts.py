"""The charts of the page: where each bar, tick and dot lies. The templates draw them as SVG."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from semscan.report.html.parts import many, plain
from semscan.report.html.summary import Defect, Summary
from semscan.report.pictures.scale_bar import length_text

# units of the drawings; shown at about this many pixels, so that 11 is a type size
WIDE = 360
HIGH = 210
LEFT = 38
RIGHT = 8
TOP = 22
BOTTOM = 36
FIELD_MARGIN = 4
FIELD_HIGH = 300
LETTER = 6.2  # width of a letter
STEPS = 20  # bars of the scores
PER_DECADE = 6  # bars of the sizes
MOST_DOTS = 2000
MOST_THRESHOLDS = 3
CELLS = 16  # of the map across the field, where dots would be too many
LEAST_BAR = 1.5  # one image among many is still visible
SMALLEST_SIZE = 0.1


@dataclass(frozen=True, slots=True)
class GridLine:
    """A line across the bars, and the count that it marks."""

    count: int
    y: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the axis; its label is empty where it would run into the one before."""

    x: float
    label: str
    label_x: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; `kind` is "hot" for defects, "cold" for images without."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Threshold:
    """A threshold among the bars; `side` says where its label is anchored."""

    x: float
    label: str
    label_x: float
    side: str


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


@dataclass(frozen=True, slots=True)
class Dot:
    """One defect in the field."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of the field; `share` is its number of defects, 1 for the fullest."""

    x: float
    y: float
    width: float
    height: float
    share: float


@dataclass(frozen=True, slots=True)
class FieldMap:
    """The field at `x`, `y`, `wide` and `high`, with a dot for each defect or, for very many, cells."""

    title: str
    words: str
    x: float
    wide: float
    high: float
    dots: list[Dot]
    cells: list[Cell]
    y: int = FIELD_MARGIN
    width: int = WIDE

    @property
    def height(self) -> float:
        """The height of the drawing."""
        return self.high + 2 * FIELD_MARGIN


@dataclass(frozen=True, slots=True)
class ClassCount:
    """How many defects, on how many images, are of one class; `share` is of the most frequent class."""

    name: str | None
    defects: int
    images: int
    share: float


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


def score_histogram(summary: Summary) -> Histogram | None:
    """Count the images by their scores, and mark the thresholds; None without scores."""
    scored = [(record.score, record.defect) for record in summary.inspected if record.score is not None]
    if not scored:
        return None
    counts = {"cold": [0] * STEPS, "hot": [0] * STEPS}
    for score, defect in scored:
        counts["hot" if defect else "cold"][min(STEPS - 1, max(0, int(score * STEPS)))] += 1
    both = [cold + hot for cold, hot in zip(counts["cold"], counts["hot"], strict=True)]
    plot = _Plot(max(both), [step / STEPS for step in range(STEPS + 1)])
    thresholds = sorted({record.threshold for record in summary.inspected})[:MOST_THRESHOLDS]
    median = sorted(score for score, _ in scored)[len(scored) // 2]
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


def size_histogram(summary: Summary) -> Histogram | None:
    """Count the defects by their sizes, on a logarithmic scale; None without defects."""
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
    plot = _Plot(max(heights), [(first + k) / PER_DECADE for k in range(len(heights) + 1)])
    smallest = 10 ** (first / PER_DECADE)
    largest = 10 ** ((first + len(heights)) / PER_DECADE)
    round_ones = [step * 10.0**power for power in range(-1, 8) for step in (1, 2, 5)]
    labels = [
        (math.log10(size), length_text(size) if in_nm else f"{size:g}")
        for size in round_ones
        if smallest <= size <= largest
    ]
    median = plain(sizes[len(sizes) // 2])
    return Histogram(
        title="Sizes of the defects",
        words=f"{many(len(sizes), 'defect')}; median {median} {unit} (of the circle of the same area)",
        across="equivalent diameter" if in_nm else "equivalent diameter, px",
        up="defects",
        grid=plot.grid,
        ticks=plot.ticks(labels),
        bars=plot.bars(heights, "hot"),
        thresholds=[],
    )


def field_map(summary: Summary) -> FieldMap | None:
    """Show where in the field the defects lie, all images on top of each other; None without defects."""
    if not summary.defects:
        return None
    shapes = Counter((record.width or 1, record.height or 1) for record in summary.inspected)
    ((width, height), _), *_ = shapes.most_common(1)
    scale = min((WIDE - 2 * FIELD_MARGIN) / width, FIELD_HIGH / height)
    wide = width * scale
    high = height * scale
    left = (WIDE - wide) / 2
    is_few = len(summary.defects) <= MOST_DOTS
    return FieldMap(
        title="Where in the field",
        words=f"{many(len(summary.defects), 'defect')} of all images in one field ({_field_words(summary)})",
        x=left,
        wide=wide,
        high=high,
        dots=[_dot(defect, left, wide, high) for defect in summary.defects] if is_few else [],
        cells=[] if is_few else _cells(summary.defects, left, wide, high),
    )


def class_counts(summary: Summary) -> list[ClassCount]:
    """Count the defects by class, most frequent first; empty if none has a class."""
    names = Counter(defect.region.class_name for defect in summary.defects)
    if not any(names):
        return []
    most = max(names.values())
    places = {(defect.region.class_name, defect.place) for defect in summary.defects}
    images = Counter(name for name, _ in places)
    return [ClassCount(name, count, images[name], count / most) for name, count in names.most_common()]


class _Plot:
    """Bars between `edges`, up to `most` high, and their axes."""

    def __init__(self, most: int, edges: Sequence[float]) -> None:
        counts = _round_counts(most)
        self._edges = edges
        self._top = max(most, counts[-1])
        self.grid = [GridLine(count, self.y(count)) for count in counts]

    def x(self, value: float) -> float:
        share = (value - self._edges[0]) / (self._edges[-1] - self._edges[0])
        return LEFT + share * (WIDE - LEFT - RIGHT)

    def y(self, count: float) -> float:
        return HIGH - BOTTOM - count / self._top * (HIGH - TOP - BOTTOM)

    def bars(self, counts: Sequence[int], kind: str, below: Sequence[int] | None = None) -> list[Bar]:
        """Return a bar for each count that is not 0; with `below`, each stands on a bar of that count."""
        bars = []
        for step, count in enumerate(counts):
            foot = self.y(below[step] if below else 0)
            top = self.y(count + (below[step] if below else 0))
            tall = max(foot - top, LEAST_BAR)
            left = self.x(self._edges[step])
            right = self.x(self._edges[step + 1])
            if count:
                bars.append(Bar(kind, left + 0.75, foot - tall, right - left - 1.5, tall))
        return bars

    def ticks(self, values: Iterable[tuple[float, str]]) -> list[Tick]:
        """Return a tick for each value; labels that would run into each other are left out."""
        ticks = []
        last = -math.inf
        for value, label in values:
            x = self.x(value)
            half = LETTER / 2 * len(label)
            fits = x - half > last
            ticks.append(Tick(x, label if fits else "", min(x, WIDE - half)))
            if fits:
                last = x + half + 3
        return ticks

    def threshold(self, value: float) -> Threshold:
        x = self.x(value)
        is_far_right = x > WIDE * 0.6
        return Threshold(
            x, f"threshold {value:.3g}", x - 4 if is_far_right else x + 4, "end" if is_far_right else "start"
        )


def _dot(defect: Defect, left: float, wide: float, high: float) -> Dot:
    radius = defect.diameter / 2 * wide / (defect.record.width or 1)
    return Dot(left + defect.x * wide, FIELD_MARGIN + defect.y * high, min(12.0, max(2.0, radius)))


def _cells(defects: Sequence[Defect], left: float, wide: float, high: float) -> list[Cell]:
    down = max(1, round(CELLS * high / wide))
    counts = Counter((min(CELLS - 1, int(d.x * CELLS)), min(down - 1, int(d.y * down))) for d in defects)
    most = max(counts.values())
    return [
        Cell(left + wide * col / CELLS, FIELD_MARGIN + high * row / down, wide / CELLS, high / down, count / most)
        for (col, row), count in counts.items()
    ]


def _field_words(summary: Summary) -> str:
    """Return the size of the field in pixels and, if it is one, in nm; its words do not break."""
    shapes = {(record.width, record.height) for record in summary.inspected}
    scales = {record.nm_per_pixel for record in summary.inspected}
    if len(shapes) > 1:
        return "fields of several sizes, stretched to one"
    ((width, height),) = shapes
    words = f"{width or 1:g} × {height or 1:g} px"
    if len(scales) == 1 and (nm := scales.pop()):
        words += f", {length_text(_rounded((width or 1) * nm))} × {length_text(_rounded((height or 1) * nm))}"
    return words.replace(" nm", "\u00a0nm").replace(" µm", "\u00a0µm").replace(" × ", "\u00a0×\u00a0")


def _round_counts(most: int) -> list[int]:
    """Return a few round counts up to the largest."""
    step = next(step * 10**power for power in range(12) for step in (1, 2, 5) if step * 10**power * 5 >= most)
    return list(range(0, most + 1, step)) if most >= step else [0, step]


def _rounded(nm: float) -> float:
    return float(f"{nm:.3g}")
