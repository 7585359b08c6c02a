"""The training curves as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from semscan.report.plots.figure import BLUE, RED, png_of

History = Mapping[str, Sequence[float]]
_NORMS = {"gradient_norm": (BLUE, "all weights"), "gradient_norm_first": (RED, "first layer")}


def draw_curves(history: History, title: str) -> bytes:
    """Draw training and held-out losses, one panel for each, and the gradient norms, as PNG bytes.

    Parameters
    ----------
    history : mapping of str to sequence of float
        ``step`` and, for each loss, ``name`` and ``val_name``; one value a round. ``gradient_norm`` and
        ``gradient_norm_first`` where they were recorded.
    title : str
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    names = [name for name in history if f"val_{name}" in history]
    norms = [name for name in _NORMS if name in history]
    panels = len(names) + bool(norms)
    figure = Figure(figsize=(3.2 * panels, 3.2), layout=ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.1))  # inches
    all_axes = figure.subplots(1, panels, squeeze=False)[0]
    for axes, name in zip(all_axes, names, strict=False):
        axes.plot(history["step"], history[name], color=BLUE, label="training")
        axes.plot(history["step"], history[f"val_{name}"], color=RED, linestyle="--", label="held out")
        positive = min(*history[name], *history[f"val_{name}"]) > 0  # a loss without a weight stays 0
        axes.set(title=name.replace("_", " "), xlabel="step", yscale="log" if positive else "linear")
        axes.grid(alpha=0.3)
    for name in norms:
        all_axes[-1].plot(history["step"], history[name], color=_NORMS[name][0], label=_NORMS[name][1])
    if norms:
        positive = max(max(history[name]) for name in norms) > 0
        all_axes[-1].set(title="gradient norm", xlabel="step", yscale="log" if positive else "linear")
        all_axes[-1].grid(alpha=0.3)
        all_axes[-1].legend(loc="upper right")
    figure.axes[0].legend(loc="upper right")
    figure.suptitle(title)
    return png_of(figure, dpi=100)


def history_table(history: History) -> str:
    """Return the history as CSV text, one row for each round."""
    names = list(history)
    rows = zip(*(history[name] for name in names), strict=True)
    return "\n".join([",".join(names), *(",".join(f"{value:.6g}" for value in row) for row in rows)]) + "\n"
