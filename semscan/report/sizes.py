"""What was measured of a region, as keys of its record: pixels, and nm where that is known."""

from __future__ import annotations

import math
from typing import Any

from semscan.values import Region

LENGTHS = ("equivalent_diameter", "feret_max", "feret_min", "perimeter", "neighbour_distance")


def equivalent_diameter(area: float) -> float:
    """Diameter of the disc of this area, in the unit whose square the area has."""
    return math.sqrt(4 * area / math.pi)


def in_pixels(region: Region) -> dict[str, Any]:
    """Sizes in px, angle in degrees, grey levels as shares of the grey scale; None where it was not measured."""
    of = region.measures
    return {
        "equivalent_diameter_px": round(equivalent_diameter(region.area), 2),
        "feret_max_px": round(of.feret_max_px, 2) if of else None,
        "feret_min_px": round(of.feret_min_px, 2) if of else None,
        "orientation_deg": _rounded(of.orientation_deg if of else None, 1),
        "perimeter_px": round(of.perimeter_px, 2) if of else None,
        "mean_grey": _rounded(of.mean_grey if of else None, 4),
        "contrast": _rounded(of.contrast if of else None, 4),
        "neighbour_distance_px": _rounded(of.neighbour_distance_px if of else None, 2),
    }


def in_nm(region: Region, nm_per_pixel: float | None) -> dict[str, Any]:
    """The same sizes in nm and nm², and where the region lies; None without a scale.

    Examples
    --------
    >>> from semscan.values import Box
    >>> sizes = in_nm(Region(Box(0, 0, 2, 3), 6, 0.9, 0.8, (0.5, 1.0)), 2.5)
    >>> sizes["area_nm2"], sizes["bbox_nm"], sizes["centroid_nm"]
    (37.5, [0.0, 0.0, 7.5, 5.0], [2.5, 1.25])
    """
    row, col = region.centroid
    lengths: dict[str, float | None] = {"equivalent_diameter": equivalent_diameter(region.area)}
    lengths |= {name: getattr(region.measures, f"{name}_px", None) for name in LENGTHS[1:]}
    return {
        "area_nm2": _scaled(region.area, None if nm_per_pixel is None else nm_per_pixel**2),
        **{f"{name}_nm": _scaled(length, nm_per_pixel) for name, length in lengths.items()},
        "bbox_nm": _all_scaled(region.box.xywh, nm_per_pixel),
        "centroid_nm": _all_scaled((col, row), nm_per_pixel),
    }


def _all_scaled(values: tuple[float, ...], scale: float | None) -> list[float | None] | None:
    return None if scale is None else [_scaled(value, scale) for value in values]


def _scaled(value: float | None, scale: float | None) -> float | None:
    return None if value is None or scale is None else float(f"{value * scale:.6g}")


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits) + 0.0  # no -0.0
