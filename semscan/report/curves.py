"""The training curves as a picture."""

from __future__ import annotations

import io


def draw_curves(history, title):
    """Draw training against held-back loss, one panel for each loss, as PNG bytes.

    Parameters
    ----------
    history : dict of list of float
        ``step`` and, for each loss, ``name`` and ``val_name``; one value a round.
    title : str
    """
    from matplotlib.figure import Figure

    names = [name for name in history if f"val_{name}" in history]
    figure = Figure(figsize=(3.2 * len(names), 3.2), layout="constrained")
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        axes.plot(history["step"], history[name], color="#0072b2", label="training")
        axes.plot(history["step"], history[f"val_{name}"], color="#d55e00", linestyle="--", label="held back")
        positive = min(history[name] + history[f"val_{name}"]) > 0  # a loss that is not taught stays 0
        axes.set(title=name.replace("_", " "), xlabel="step", yscale="log" if positive else "linear")
        axes.grid(alpha=0.3)
    figure.axes[0].legend()
    figure.suptitle(title)
    with io.BytesIO() as buffer:
        figure.savefig(buffer, format="png", dpi=100)
        return buffer.getvalue()


def history_table(history):
    """The history as CSV text, one row a round."""
    names = list(history)
    rows = zip(*(history[name] for name in names), strict=True)
    return "\n".join([",".join(names), *(",".join(f"{value:.6g}" for value in row) for row in rows)]) + "\n"
