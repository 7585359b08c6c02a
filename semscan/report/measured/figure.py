"""The dimensions of an image as a picture: the edges on the image, widths by position, distributions, spectra."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from semscan.report.measured.words import in_words
from semscan.report.plots.figure import BLUE, RED, plain, png_of
from semscan.values.measured.measurement import HoleRow, LineRow, Measurement, Spectrum

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (10.5, 8.0)  # inches
DPI = 100
MOST_SHOWN = 1600  # px: of a larger image every n-th pixel is drawn
BINS = 30
PART_COLOURS = {"line": BLUE, "space": RED}


def draw_dimensions(values: np.ndarray, measurement: Measurement, nm_per_pixel: float | None, title: str) -> bytes:
    """Draw the dimensions of one image, as PNG bytes.

    Parameters
    ----------
    values : ndarray of float32, shape (rows, cols)
        The image, black 0 to white 1.
    measurement : Measurement
    nm_per_pixel : float or None
        Lengths are drawn in nm where it is known.
    title : str
        Name of the image.
    """
    from matplotlib.figure import Figure

    scale, unit = (1.0, "px") if nm_per_pixel is None else (nm_per_pixel, "nm")
    figure = Figure(figsize=SIZE, layout="constrained")
    grid = figure.subplots(2, 2)
    _draw_image(grid[0, 0], values, measurement.outlines)
    _draw_lengths(grid[1, 0], measurement.lengths, scale, unit)
    lines = [row for row in measurement.rows if isinstance(row, LineRow)]
    holes = [row for row in measurement.rows if isinstance(row, HoleRow)]
    if lines:
        _draw_widths(grid[0, 1], lines, scale, unit)
        _draw_spectra(grid[1, 1], measurement.spectra, scale, unit)
    else:
        _draw_diameters(grid[0, 1], figure.colorbar, holes, scale, unit)
        _draw_placement(grid[1, 1], holes, scale, unit)
    words = in_words(measurement.dimensions).split("; ")
    middle = (len(words) + 1) // 2
    figure.suptitle("\n".join([plain(title), "; ".join(words[:middle]), "; ".join(words[middle:])]), fontsize=9)
    return png_of(figure, dpi=DPI)


def _draw_image(axes: Axes, values: np.ndarray, outlines: Sequence[np.ndarray]) -> None:
    step = -(-max(values.shape) // MOST_SHOWN)
    rows, cols = values.shape
    axes.imshow(values[::step, ::step], cmap="gray", extent=(-0.5, cols - 0.5, rows - 0.5, -0.5), vmin=0, vmax=1)
    for outline in outlines:
        axes.plot(outline[:, 1], outline[:, 0], color=RED, linewidth=0.7)
    axes.set(title="measured edges", xlim=(-0.5, cols - 0.5), ylim=(rows - 0.5, -0.5))
    axes.tick_params(labelsize="small")


def _draw_widths(axes: Axes, lines: Sequence[LineRow], scale: float, unit: str) -> None:
    for part, colour in PART_COLOURS.items():
        shown = [row for row in lines if row.part == part and row.width_px is not None]
        axes.plot(
            [row.position_px * scale for row in shown],
            [(row.width_px or 0.0) * scale for row in shown],
            "o-",
            color=colour,
            label=f"mean {part}",
            markersize=4,
            linewidth=0.8,
        )
    _dress(axes, "widths by position", f"position across the lines, {unit}", f"width, {unit}")


def _draw_lengths(axes: Axes, lengths: Mapping[str, np.ndarray], scale: float, unit: str) -> None:
    """Draw the distributions of local widths, or of diameters, each about its own mean."""
    for (name, values), colour in zip(lengths.items(), (BLUE, RED), strict=True):
        if len(values):
            mean = float(values.mean()) * scale
            label = f"{name}, mean {mean:.2f} {unit}"
            axes.hist(values * scale - mean, bins=BINS, color=colour, histtype="step", label=label)
    _dress(axes, "distribution", f"difference from the mean, {unit}", "number")


def _draw_spectra(axes: Axes, spectra: Sequence[Spectrum], scale: float, unit: str) -> None:
    for spectrum, colour in zip(spectra, (BLUE, RED), strict=False):
        frequency = spectrum.frequency / scale
        axes.loglog(frequency, spectrum.density * scale**3, ".", color=colour, alpha=0.5, markersize=3)
        axes.loglog(frequency, spectrum.fitted * scale**3, color=colour, label=f"{spectrum.name}, fitted")
    _dress(axes, "power spectral density", f"frequency along the line, 1/{unit}", f"density, {unit}$^3$")


def _draw_diameters(
    axes: Axes, colorbar: Callable[..., object], holes: Sequence[HoleRow], scale: float, unit: str
) -> None:
    points = axes.scatter(
        [row.x_px for row in holes],
        [row.y_px for row in holes],
        c=[row.diameter_px * scale for row in holes],
        cmap="viridis",
        s=40,
    )
    colorbar(points, ax=axes, label=f"diameter, {unit}")
    axes.set(title="diameters by position", xlabel="x, px", ylabel="y, px", aspect="equal")
    axes.invert_yaxis()
    axes.tick_params(labelsize="small")


def _draw_placement(axes: Axes, holes: Sequence[HoleRow], scale: float, unit: str) -> None:
    axes.plot(
        [row.placement_x_px * scale for row in holes], [row.placement_y_px * scale for row in holes], ".", color=BLUE
    )
    axes.axhline(0, color="0.7", linewidth=0.8)
    axes.axvline(0, color="0.7", linewidth=0.8)
    axes.set(title="placement against the lattice", xlabel=f"x, {unit}", ylabel=f"y, {unit}", aspect="equal")
    axes.grid(alpha=0.3)
    axes.invert_yaxis()
    axes.tick_params(labelsize="small")


def _dress(axes: Axes, title: str, across: str, up: str) -> None:
    axes.set(title=title, xlabel=across, ylabel=up)
    axes.grid(alpha=0.3)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(fontsize="x-small")
    axes.tick_params(labelsize="small")
