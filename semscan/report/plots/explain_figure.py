"""The figures of an explanation: the panels side by side, and the deletion and insertion curves."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

from semscan.report.plots.explain_panels import GREY, MAP, Panel
from semscan.report.plots.figure import BLUE, RED, plain, png_of
from semscan.values.faithfulness import Faithfulness, OrderAreas, Orders

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# inches: the text width of a page
_WIDTH = 7.2
_DPI = 200
# inches under and above each panel, for scale and title
_BAR = 0.32
_HEAD = 0.24
_FINE = 900  # pixels across a panel that are worth drawing
_THIN = 2  # pixels a side that an outline needs
_MOST_CHANNELS = 64
_LINES = {
    "most": ("most attended first", RED, "-"),
    "random": ("random order", "#767676", ":"),
    "least": ("least attended first", BLUE, "--"),
}


def draw_explanation(
    panels: Sequence[Panel], rows: slice, channels: Mapping[str, np.ndarray], title: str, threshold: float | None
) -> bytes:
    """Draw the rows `rows` of the panels side by side, and the weights of attention to channels, as PNG bytes.

    Parameters
    ----------
    panels : sequence of Panel
    rows : slice
        Rows that the network gets: the data bar is left out.
    channels : mapping of str to ndarray, shape (channels,)
    title : str
    threshold : float or None, outlined in the final map
    """
    from matplotlib.figure import Figure

    count = len(panels) + len(channels)
    tall = panels[0].values[rows].shape[0] / panels[0].values.shape[1]
    columns = min(count, max((3, 4) if tall > 0.4 else (2,), key=lambda n: (-(-count % n), n)))  # the fewest gaps
    lines = math.ceil(count / columns)
    side = (_WIDTH - 0.1 * (columns + 1)) / columns
    high = min(max(side * tall, 0.5), 2.5 * side)
    height = 0.3 + lines * (high + _BAR + _HEAD)
    figure = Figure(figsize=(_WIDTH, height), facecolor="white")
    figure.text(0.1 / _WIDTH, 1 - 0.2 / height, plain(title), fontsize=8)
    for number in range(count):
        line, column = divmod(number, columns)
        left = (0.1 + column * (side + 0.1)) / _WIDTH
        bottom = (height - 0.3 - line * (high + _BAR + _HEAD) - _HEAD - high) / height
        axes = figure.add_axes((left, bottom, side / _WIDTH, high / height))
        if number < len(panels):
            _draw_panel(figure, axes, panels[number], rows, threshold, (left, bottom, side, height))
        else:
            _draw_channels(axes, *list(channels.items())[number - len(panels)])
    return png_of(figure, dpi=_DPI)


def _draw_panel(
    figure: Figure,
    axes: Axes,
    panel: Panel,
    rows: slice,
    threshold: float | None,
    place: tuple[float, float, float, float],
) -> None:
    values = panel.values[rows]
    shrink = _FINE / max(values.shape)
    if shrink < 1:
        size = tuple(max(min(n, _THIN), round(n * shrink)) for n in values.shape[::-1])
        values = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
    shown = axes.imshow(
        values,
        cmap="gray" if panel.kind == GREY else "plasma",
        vmin=panel.low,
        vmax=panel.high,
        interpolation="antialiased",
    )
    is_crossed = threshold is not None and values.min() <= threshold < values.max()
    if panel.key == "map" and is_crossed and min(values.shape) >= _THIN:
        axes.contour(values, levels=[threshold], colors=["#3cf0ff"], linewidths=0.6)
    axes.set_title(plain(panel.title), fontsize=7, loc="left", pad=3)
    axes.set_axis_off()
    if panel.kind == MAP:
        left, bottom, side, height = place
        bar = figure.add_axes((left + 0.05 / _WIDTH, bottom - 0.10 / height, (side - 0.1) / _WIDTH, 0.05 / height))
        scale = figure.colorbar(shown, cax=bar, orientation="horizontal", ticks=[panel.low, panel.high])
        scale.outline.set_visible(False)
        bar.set_xticklabels([f"{panel.low:.3g}", f"{panel.high:.3g}"], fontsize=5.5)
        bar.tick_params(length=0, pad=1)
        bar.get_xticklabels()[0].set_horizontalalignment("left")
        bar.get_xticklabels()[1].set_horizontalalignment("right")
        bar.set_xlabel(panel.unit, fontsize=5.5, labelpad=-5)


def _draw_channels(axes: Axes, name: str, weights: np.ndarray) -> None:
    """Draw the weights as bars, strongest first."""
    order = np.argsort(-weights, kind="stable")
    axes.bar(range(len(weights)), weights[order], width=1.0, color=BLUE)
    axes.set_title(plain(f"{name}: attention to channels"), fontsize=7, loc="left", pad=3)
    axes.set_xlabel(f"{len(weights)} channels, most attended first", fontsize=5.5, labelpad=1)
    axes.tick_params(labelsize=5.5, length=2, pad=1)
    axes.set_ylim(0, max(1.0, float(weights.max(initial=0))))
    if len(weights) <= _MOST_CHANNELS:
        axes.set_xticks(range(len(weights)), [str(n) for n in order], rotation=90, fontsize=3.5)
    for edge in ("top", "right"):
        axes.spines[edge].set_visible(False)
    box = axes.get_position()  # its numbers stand inside the place of a panel
    axes.set_position((box.x0 + 0.1 * box.width, box.y0 + 0.08 * box.height, 0.88 * box.width, 0.92 * box.height))


def draw_faithful(found: Faithfulness, title: str) -> bytes:
    """Draw deletion and insertion curves with the areas under them, as PNG bytes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, 3.0), layout="constrained", facecolor="white")
    deletion, insertion = figure.subplots(1, 2, sharey=True)
    place = _place(found.background)
    shares = found.curves.shares
    _draw_curves(deletion, "deletion", shares, found.curves.deletion, found.deletion_auc)
    deletion.set_xlabel(f"share replaced by {place}", fontsize=7)
    _draw_curves(insertion, "insertion", shares, found.curves.insertion, found.insertion_auc)
    insertion.set_xlabel(f"share left, all else from {place}", fontsize=7)
    deletion.set_ylabel(plain(found.score), fontsize=7)
    figure.suptitle(f"{plain(title)}\n{_wrapped(found.said)}", fontsize=7.5)
    return png_of(figure, dpi=_DPI)


def _draw_curves(axes: Axes, title: str, shares: Sequence[float], curves: Orders, areas: OrderAreas) -> None:
    """Draw the curves of the three orders over the shares of the image, which are spaced as their logarithms."""
    for name, (words, colour, style) in _LINES.items():
        label = f"{words}: area {getattr(areas, name):.3f}"
        axes.plot(
            shares, getattr(curves, name), style, color=colour, marker=".", markersize=3, linewidth=1.2, label=label
        )
    axes.set_xscale("symlog", linthresh=0.01, linscale=0.5)
    axes.set_xticks([0, 0.01, 0.03, 0.1, 0.3, 1], ["0", "1 %", "3 %", "10 %", "30 %", "all"])
    axes.set_xticks([], minor=True)
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    axes.set_title(title, fontsize=8)
    axes.tick_params(labelsize=6.5)
    axes.grid(alpha=0.25)
    axes.legend(fontsize=6.5, loc="best")


def _place(background: str) -> str:
    known = {"patches": "other places of the image", "repeats": "the image's repeats"}
    return known.get(background, f"its {background}")


def _wrapped(words: str) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(plain(words), 120))
