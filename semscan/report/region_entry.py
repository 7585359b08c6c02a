"""The record of a region: its sizes in pixels, in nm where the scale is known, and in one sentence."""

from __future__ import annotations

import math
from typing import Any

from semscan.settings import DEFECTS
from semscan.values import Extent, Region
from semscan.values.measured.extent import ExtentRecord
from semscan.values.record import PeriodicRecord, Record, RegionRecord

ROWS = ("top", "", "bottom")
COLS = ("left", "", "right")
LENGTHS = ("equivalent_diameter", "feret_max", "feret_min", "perimeter", "neighbour_distance")


FOREIGN = ("particle", "residue", "scratch")  # lie on the pattern
OF_THE_PATTERN = {name for names in DEFECTS.values() for name in names}.difference(FOREIGN)
NO_CONTRAST = 0.01  # of the grey scale: a smaller difference is no contrast


def region_record(number: int, region: Region, record: Record) -> RegionRecord:
    """Return the record of a region of the image that `record` is of; `number` counts from 1."""
    row, col = region.centroid
    return RegionRecord(
        id=number,
        bbox=region.box.xywh,
        centroid=(round(col, 2), round(row, 2)),
        area_px=region.area,
        peak=region.peak,
        mean=region.mean,
        class_name=region.class_name,
        class_probability=region.class_probability,
        nuisance=region.nuisance,
        methods=region.methods,
        **in_pixels(region),
        **in_nm(region, record.nm_per_pixel),
        description=describe(region, record),
        extent=None if region.extent is None else _extent_record(region.extent),
        part_of=region.part_of,
    )


def _extent_record(extent: Extent) -> ExtentRecord:
    row, col = extent.place
    return ExtentRecord(
        place=(round(col, 2), round(row, 2)),
        bbox=extent.box.xywh,
        area_px=extent.area,
        feret_max_px=round(extent.feret_max_px, 2),
        feret_min_px=round(extent.feret_min_px, 2),
        orientation_deg=_rounded(extent.orientation_deg, 1),
    )


def equivalent_diameter(area: float) -> float:
    """Return the diameter of the disc of this area, in the unit whose square the area has."""
    return math.sqrt(4 * area / math.pi)


def in_pixels(region: Region) -> dict[str, Any]:
    """Return sizes in px, the angle in degrees, grey levels as shares of the grey scale; None if not measured."""
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
    """Return the same sizes in nm and nm², and where the region lies; None without a scale.

    Examples
    --------
    >>> from semscan.values import Box
    >>> sizes = in_nm(Region(Box(0, 0, 2, 3), 6, 0.9, 0.8, (0.5, 1.0)), 2.5)
    >>> sizes["area_nm2"], sizes["bbox_nm"], sizes["centroid_nm"]
    (37.5, (0.0, 0.0, 7.5, 5.0), (2.5, 1.25))
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


def _all_scaled(values: tuple[float, ...], scale: float | None) -> tuple[float | None, ...] | None:
    return None if scale is None else tuple(_scaled(value, scale) for value in values)


def _scaled(value: float | None, scale: float | None) -> float | None:
    return None if value is None or scale is None else float(f"{value * scale:.6g}")


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits) + 0.0  # no -0.0


def describe(region: Region, record: Record) -> str:
    """Describe a region: its class, its size in nm (px without a scale), its contrast, and where it lies.

    Examples
    --------
    >>> from semscan.values import Box
    >>> spot = Region(Box(10, 90, 14, 95), 20, 0.9, 0.7, (11.5, 92.0), class_name="particle")
    >>> describe(spot, Record(image="a.tif", source="", width=100, height=100, regions=(), nm_per_pixel=2.0))
    'Particle of 10.1 nm, at the top right.'
    """
    what = _called(region.class_name, region.nuisance)
    parts = [f"{what} of {_size(region, record.nm_per_pixel)}", _contrast(region), _place(region, record)]
    return ", ".join(part for part in parts if part) + "."


def called_otherwise(region: RegionRecord, class_name: str | None, nuisance: bool) -> str | None:
    """Return the description of a region that has another class, or is a nuisance or not."""
    before, after = _called(region.class_name, region.nuisance), _called(class_name, nuisance)
    words = region.description
    return words if words is None or not words.startswith(f"{before} of") else after + words[len(before) :]


def _called(class_name: str | None, nuisance: bool) -> str:
    what = class_name or "region"
    return f"{what[:1].upper()}{what[1:]}{' (nuisance, not counted)' if nuisance else ''}"


def _size(region: Region, nm_per_pixel: float | None) -> str:
    across = equivalent_diameter(region.area)
    longest = region.measures.feret_max_px if region.measures else 0.0
    scale, unit = (1.0, "px") if nm_per_pixel is None else (nm_per_pixel, "nm")
    if longest > 2 * across:  # the diameter of a disc does not describe a scratch
        return f"{_short_number(across * scale)} {unit} ({_short_number(longest * scale)} {unit} long)"
    return f"{_short_number(across * scale)} {unit}"


def _contrast(region: Region) -> str:
    """Compare a region with its surroundings. Those of a wrong line or hole are bright and dark: nothing is said."""
    contrast = region.measures.contrast if region.measures else None
    if contrast is None or region.class_name in OF_THE_PATTERN:
        return ""
    if abs(contrast) < NO_CONTRAST:
        return "as bright as its surroundings"
    how = "brighter" if contrast > 0 else "darker"
    return f"{how} than its surroundings by {100 * abs(contrast):.0f} % of the grey scale"


def _place(region: Region, record: Record) -> str:
    row, col = region.centroid
    words = ROWS[_third(row, record.height)], COLS[_third(col, record.width)]
    place = f"at the {' '.join(word for word in words if word) or 'centre'}"
    cell = _cell(region, record.periodic)
    if cell is None:
        return place
    numbers = " and ".join(f"{number:.1f}" for number in cell)
    return f"{place} ({numbers} pitches from the top left corner)"


def _cell(region: Region, periodic: PeriodicRecord | None) -> tuple[float, ...] | None:
    """Count the pitches from the first pixel to the region, along each direction of the lattice."""
    if periodic is None or not periodic.found or not 1 <= len(periodic.pitch_px) == len(periodic.angle_deg) <= 2:
        return None
    row, col = region.centroid
    steps = [
        (pitch * math.cos(math.radians(angle)), pitch * math.sin(math.radians(angle)))
        for pitch, angle in zip(periodic.pitch_px, periodic.angle_deg, strict=True)
    ]
    if len(steps) == 1:
        ((x, y),) = steps
        return ((col * x + row * y) / (x * x + y * y),) if x or y else None
    (ax, ay), (bx, by) = steps
    area = ax * by - ay * bx
    return ((col * by - row * bx) / area, (row * ax - col * ay) / area) if area else None


def _third(position: float, length: int) -> int:
    return min(2, int(3 * position / max(length, 1)))


def _short_number(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"
