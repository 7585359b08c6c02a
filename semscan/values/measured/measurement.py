"""All that was measured in an image, with what its tables and pictures show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from semscan.values.measured.dimensions import Dimensions

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class LineRow:
    """One edge, line or space in the table: `part` is "left edge", "right edge", "line" or "space".

    `position_px` is the mean position across the lines, `width_px` the mean width of a line or a space,
    `sigma3_px` three standard deviations of the measured positions about a straight line, or of the widths, `tilt_deg`
    the angle of an edge, `measured` the share of the rows in which it was found.
    """

    part: str
    number: int
    position_px: float
    width_px: float | None
    sigma3_px: float
    tilt_deg: float | None
    measured: float


@dataclass(frozen=True, slots=True)
class HoleRow:
    """One hole in the table: its place in the lattice, its middle, diameters and placement error, px."""

    number: int
    site: tuple[int, int]
    x_px: float
    y_px: float
    diameter_px: float
    diameter_se_px: float
    x_diameter_px: float
    y_diameter_px: float
    ellipticity: float
    orientation_deg: float
    placement_x_px: float
    placement_y_px: float


@dataclass(frozen=True, slots=True)
class Spectrum:
    """A one-sided power spectral density with its fitted model: cycles per px, and px^3; `name` is "LWR" or "LER"."""

    name: str
    frequency: np.ndarray
    density: np.ndarray
    fitted: np.ndarray


@dataclass(frozen=True, slots=True)
class Measurement:
    """All that was measured in an image.

    `outlines` are the edges or rims, each float64 (points, 2) of (row, col), NaN where not found. `lengths` are all
    local widths, or the diameters of all holes, px, by what they are of.
    """

    dimensions: Dimensions
    rows: tuple[LineRow, ...] | tuple[HoleRow, ...]
    spectra: tuple[Spectrum, ...]
    outlines: tuple[np.ndarray, ...]
    lengths: Mapping[str, np.ndarray]
    warnings: tuple[str, ...] = ()
