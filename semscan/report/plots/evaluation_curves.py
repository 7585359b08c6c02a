"""The curves of an evaluation as one picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from semscan.report.plots.figure import BLUE, RED, plain, png_of
from semscan.values.evaluation import Evaluation

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Line = tuple[np.ndarray, np.ndarray]

# false regions per image shown
_LEAST = 0.01
_MOST = 100.0


def draw_measured(lines: Mapping[str, Line], evaluation: Evaluation, title: str) -> bytes:
    """Draw ROC, precision-recall, overlap and recall against false regions, as PNG bytes.

    Parameters
    ----------
    lines : mapping of str to (ndarray, ndarray)
        ``image ROC``, ``pixel ROC``, ``pixel PR``, ``PRO``, ``FROC``; those that there are.
    evaluation : Evaluation
        The numbers for the captions.
    title : str
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12.8, 3.5), layout="constrained")
    roc, pr, pro, froc = figure.subplots(1, 4)
    _roc(roc, lines, evaluation)
    if "pixel PR" in lines:
        pr.plot(*lines["pixel PR"], color=BLUE, label=f"AP {evaluation.pixel_ap:.3f}")
        pr.axhline(evaluation.pixel_share, color="0.5", linestyle=":", label="by chance")
    if "PRO" in lines:
        pro.plot(*lines["PRO"], color=BLUE, label=f"AUPRO {evaluation.aupro30:.3f}")
    if "FROC" in lines:
        _froc(froc, lines["FROC"], evaluation)
    _dress(roc, "ROC", "false-positive rate", "true-positive rate", (0, 1))
    _dress(pr, "precision and recall of pixels", "recall", "precision", (0, 1))
    _dress(pro, "overlap with each defect", "false-positive rate of pixels", "mean overlap", (0, 0.3))
    _dress(froc, "defects hit", "false regions per image", "share of defects", (_LEAST, _MOST))
    froc.set_xscale("log")
    figure.suptitle(plain(title))
    return png_of(figure, dpi=100)


def _roc(axes: Axes, lines: Mapping[str, Line], evaluation: Evaluation) -> None:
    for name, area, colour, style in (
        ("pixel", evaluation.pixel_auroc, BLUE, "-"),
        ("image", evaluation.image_auroc, RED, "--"),
    ):
        if f"{name} ROC" in lines:
            axes.plot(*lines[f"{name} ROC"], style, color=colour, label=f"{name}s {area:.4f}")
    axes.plot([0, 1], [0, 1], color="0.5", linestyle=":")


def _froc(axes: Axes, line: Line, evaluation: Evaluation) -> None:
    across, up = line
    axes.step(np.maximum(across, _LEAST), up, where="post", color=BLUE, label="best threshold")
    at = evaluation.at_threshold
    if at is not None and at.false_per_image is not None and at.hit_share is not None:
        place = (max(at.false_per_image, _LEAST), at.hit_share)
        axes.plot(*place, "o", color=RED, label=f"at {at.threshold:g}")


def _dress(axes: Axes, title: str, across: str, up: str, span: tuple[float, float]) -> None:
    axes.set(title=title, xlabel=across, ylabel=up, xlim=span, ylim=(0, 1.02))
    axes.grid(alpha=0.3)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="best", fontsize="small")
    else:
        axes.text(0.5, 0.5, "not known:\nsee the notes", ha="center", va="center", transform=axes.transAxes)
