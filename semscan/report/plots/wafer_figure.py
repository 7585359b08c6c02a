"""One wafer as a picture for slides: its map, its classes, its sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from semscan.report.pictures.wafer_map import SINGLE, WaferMap, wafer_map
from semscan.report.plots.figure import BLUE, RED, plain, png_of
from semscan.report.wafer_words import density_words, pattern_words, size_bins, wafer_title
from semscan.values.fab.summary import WaferSummary

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {SINGLE: "#1c2126", "repeater": RED, "scratch": BLUE, "cluster": "#8a1c4a"}
MARKS = {SINGLE: "o", "repeater": "s", "scratch": "o", "cluster": "^"}
MARK = b"semscan wafer"  # stands in the picture's own text
MOST_CLASSES = 12
MOST_PATTERNS = 5


def draw_wafer(summary: WaferSummary) -> bytes:
    """Draw one wafer as PNG bytes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 6.2), layout="constrained")
    grid = figure.add_gridspec(2, 2, width_ratios=(3, 2))
    _draw_map(figure.add_subplot(grid[:, 0]), wafer_map(summary))
    _draw_classes(figure.add_subplot(grid[0, 1]), summary)
    _draw_sizes(figure.add_subplot(grid[1, 1]), summary)
    title = plain(wafer_title(summary.wafer.frame)), plain(density_words(summary.density))
    figure.suptitle("\n".join(title), fontsize=11)
    words = [pattern_words(pattern) for pattern in summary.patterns[:MOST_PATTERNS]]
    if len(summary.patterns) > MOST_PATTERNS:
        words.append(f"and {len(summary.patterns) - MOST_PATTERNS} more")
    figure.supxlabel("\n".join(map(plain, words)) or "no repeater, scratch or cluster", fontsize=8)
    return png_of(figure, dpi=120, metadata={"Software": MARK.decode()})


def _draw_map(axes: Axes, drawn: WaferMap) -> None:
    from matplotlib.patches import Circle, Rectangle

    if drawn.outline is not None:
        x, y, radius = drawn.outline
        axes.add_patch(Circle((x, y), radius, facecolor="#f6f7f8", edgecolor="0.4", linewidth=1.2))
    if drawn.notch is not None:
        axes.plot(*drawn.notch, marker="D", color="0.4", markersize=7)
    for die in drawn.dies:
        shade = (0.98 - 0.03 * die.share, 0.98 - 0.28 * die.share, 0.97 - 0.5 * die.share)
        axes.add_patch(
            Rectangle((die.x, die.y), die.width, die.height, facecolor=shade, edgecolor="0.6", linewidth=0.6)
        )
    for line in drawn.lines:
        axes.plot(*zip(*line, strict=True), color=COLOURS["scratch"], linewidth=1.2)
    for kind in COLOURS:
        dots = [(dot.x, dot.y) for dot in drawn.dots if dot.kind == kind]
        if dots:
            across, down = zip(*dots, strict=True)
            axes.scatter(
                across, down, s=16, c=COLOURS[kind], marker=MARKS[kind], label=f"{kind}: {len(dots)}", zorder=3
            )
    axes.set(xlim=(0, drawn.width), ylim=(drawn.height, 0), aspect="equal")
    axes.axis("off")
    if drawn.dots:
        axes.legend(loc="upper left", fontsize=8, frameon=False)


def _draw_classes(axes: Axes, summary: WaferSummary) -> None:
    names = [plain(name[:24]) for name, _ in summary.classes[:MOST_CLASSES]]
    counts = [count for _, count in summary.classes[:MOST_CLASSES]]
    axes.barh(range(len(names)), counts, color=RED)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.invert_yaxis()
    axes.set_title("types", fontsize=10)
    axes.set_xlabel("defects", fontsize=8)


def _draw_sizes(axes: Axes, summary: WaferSummary) -> None:
    bins = size_bins(summary.wafer.counted)
    axes.bar(range(len(bins)), [count for _, count in bins], color=BLUE)
    axes.set_xticks(range(len(bins)), [words for words, _ in bins], rotation=30, ha="right", fontsize=7)
    axes.set_title("sizes (diameter of a circle of the same area)", fontsize=10)
    axes.set_ylabel("defects", fontsize=8)
