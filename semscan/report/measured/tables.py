"""Tables of critical dimensions: one row for each edge, line, space or hole, and the spectra of the roughness."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from semscan.report.formats.table import table_lines
from semscan.values.measured.dimensions import LINES
from semscan.values.measured.measurement import Measurement, Spectrum

LINE_COLUMNS = (
    *("part", "number", "position_px", "width_px", "sigma3_px", "tilt_deg", "measured"),
    *("position_nm", "width_nm", "sigma3_nm"),
)
HOLE_COLUMNS = (
    *("part", "number", "site_1", "site_2", "x_px", "y_px", "diameter_px", "diameter_se_px", "x_diameter_px"),
    *("y_diameter_px", "ellipticity", "orientation_deg", "placement_x_px", "placement_y_px"),
    *("x_nm", "y_nm", "diameter_nm", "diameter_se_nm", "x_diameter_nm", "y_diameter_nm", "placement_x_nm"),
    "placement_y_nm",
)
SPECTRUM_COLUMNS = ("roughness", "frequency_per_px", "density_px3", "fitted_px3")
DIGITS = 4


def part_lines(measurement: Measurement, nm_per_pixel: float | None) -> list[str]:
    """Return the table of all parts of a pattern as lines of CSV; columns in nm are empty without a scale.

    Parameters
    ----------
    measurement : Measurement
    nm_per_pixel : float or None
    """
    is_lines = measurement.dimensions.pattern == LINES
    rows = [_with_nm(_entry(asdict(row)), nm_per_pixel) for row in measurement.rows]
    return list(table_lines(rows, "csv", LINE_COLUMNS if is_lines else HOLE_COLUMNS))


def spectrum_lines(spectra: Sequence[Spectrum]) -> list[str]:
    """Return the power spectral densities as lines of CSV, one-sided, with the fitted model."""
    rows = [
        dict(zip(SPECTRUM_COLUMNS, (spectrum.name, *(float(f"{value:.6g}") for value in values)), strict=True))
        for spectrum in spectra
        for values in zip(spectrum.frequency, spectrum.density, spectrum.fitted, strict=True)
    ]
    return list(table_lines(rows, "csv", SPECTRUM_COLUMNS))


def _entry(row: Mapping[str, Any]) -> dict[str, Any]:
    site = row.get("site")
    entry = {"part": "hole", **row}
    if site is not None:
        entry |= {"site_1": site[0], "site_2": site[1]}
    return {name: _rounded(value) for name, value in entry.items()}


def _with_nm(row: dict[str, Any], nm_per_pixel: float | None) -> dict[str, Any]:
    if nm_per_pixel is None:
        return row
    lengths = {name: value for name, value in row.items() if name.endswith("_px") and value is not None}
    return row | {f"{name[:-3]}_nm": _rounded(value * nm_per_pixel) for name, value in lengths.items()}


def _rounded(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    return round(value, DIGITS) if math.isfinite(value) else None
