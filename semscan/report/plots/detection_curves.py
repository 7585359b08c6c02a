"""The probability of detection by size, as a picture: painted defects and, where they are known, real ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from semscan.report.plots.figure import BLUE, RED, plain, png_of
from semscan.values.detection import DetectedShare, DetectionCurve
from semscan.values.detection_probability import probability

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_CONTRASTS = (0.1, 0.2, 0.4)
_STYLES = (":", "-", "--")
_NINE_IN_TEN = 0.9
_SIZE_TICKS = (1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 500, 1000)
_CONTRAST_TICKS = (0.02, 0.05, 0.1, 0.2, 0.5, 1)


def draw_detection(painted: DetectionCurve | None, real: DetectionCurve | None, title: str) -> bytes:
    """Draw the shares found by size and by contrast with the fitted curves, as PNG bytes.

    Parameters
    ----------
    painted, real : DetectionCurve or None
        At least one.
    title : str
    """
    from matplotlib.figure import Figure

    has_contrasts = any(curve is not None and curve.by_contrast for curve in (painted, real))
    figure = Figure(figsize=(9.6 if has_contrasts else 5.2, 3.8), layout="constrained")
    by_size, *others = figure.subplots(1, 1 + has_contrasts, squeeze=False)[0]
    for curve, name, colour in ((painted, "painted", BLUE), (real, "real", RED)):
        if curve is None:
            continue
        _shares(by_size, curve.by_size, f"{name}, {curve.found} of {curve.defects} found", colour)
        if len(curve.coefficients) > 2:
            for contrast, style in zip(_CONTRASTS, _STYLES, strict=True):
                _fit(by_size, curve, contrast, f"{name}, contrast {contrast:g}", style, colour)
        elif curve.any_contrast:
            _fit(by_size, curve, None, f"{name}, fitted", "-", colour)
        for axes in others:
            _shares(axes, curve.by_contrast, f"{name}, all sizes", colour)
    _dress(by_size, "by size", "diameter of a circle of the same area, px", _SIZE_TICKS)
    for axes in others:
        _dress(axes, "by contrast", "mean change of grey level, share of the grey scale", _CONTRAST_TICKS)
    figure.suptitle(plain(title))
    return png_of(figure, dpi=100)


def _fit(axes: Axes, curve: DetectionCurve, contrast: float | None, label: str, style: str, colour: str) -> None:
    sizes = np.geomspace(max(curve.smallest_px, 0.5), max(curve.largest_px, 1.0), 100)
    axes.plot(sizes, probability(curve, sizes, contrast), style, color=colour, label=label, linewidth=1.2)


def _shares(axes: Axes, bins: tuple[DetectedShare, ...], label: str, colour: str) -> None:
    """Draw the share found in each bin in its middle, larger where it stands for more defects."""
    if not bins:
        return
    ends = [(each.above or each.below / 2, min(each.below, 3 * each.above or each.below)) for each in bins]
    middles = [math.sqrt(low * high) for low, high in ends]
    shares = [each.found / each.defects for each in bins]
    sizes = [12 + min(120.0, 2.0 * each.defects) for each in bins]
    axes.scatter(middles, shares, s=sizes, color=colour, alpha=0.6, label=label, edgecolors="none")


def _dress(axes: Axes, title: str, across: str, ticks: Sequence[float]) -> None:
    axes.axhline(_NINE_IN_TEN, color="0.5", linestyle=":", linewidth=0.8)
    axes.set(title=title, xlabel=across, ylabel="share found", ylim=(-0.03, 1.03), xscale="log")
    axes.grid(alpha=0.3)
    axes.legend(loc="best", fontsize="x-small")
    low, high = axes.get_xlim()
    axes.set_xticks([tick for tick in ticks if low <= tick <= high])
    axes.xaxis.set_major_formatter("{x:g}")
    axes.minorticks_off()
