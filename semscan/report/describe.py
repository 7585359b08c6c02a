"""A region in one sentence: what, how large, how bright, where."""

from __future__ import annotations

import math

from semscan.report.sizes import equivalent_diameter
from semscan.values import Inspection, Periodic, Region

ALIKE = 0.01  # of the grey scale: less is no contrast
ROWS, COLS = ("top", "", "bottom"), ("left", "", "right")


def describe(region: Region, inspection: Inspection) -> str:
    """Say what a region is, its size in nm (px if that is not known), its contrast, and where it lies.

    Examples
    --------
    >>> from semscan.values import Box
    >>> spot = Region(Box(10, 90, 14, 95), 20, 0.9, 0.7, (11.5, 92.0), class_name="particle")
    >>> describe(spot, Inspection("a.tif", "", 0.9, 4.0, 0.5, (spot,), 100, 100, 1.0, ("model",), nm_per_pixel=2.0))
    'Particle of 10.1 nm, at the top right.'
    """
    what = region.class_name or "region"
    what = f"{what[:1].upper()}{what[1:]}{' (nuisance, not counted)' if region.nuisance else ''}"
    parts = [f"{what} of {_size(region, inspection.nm_per_pixel)}", _contrast(region), _place(region, inspection)]
    return ", ".join(part for part in parts if part) + "."


def _size(region: Region, nm_per_pixel: float | None) -> str:
    across = equivalent_diameter(region.area)
    longest = region.measures.feret_max_px if region.measures else 0.0
    scale, unit = (1.0, "px") if nm_per_pixel is None else (nm_per_pixel, "nm")
    if longest > 2 * across:  # the diameter of a disc tells little of a scratch
        return f"{_rounded(across * scale)} {unit} ({_rounded(longest * scale)} {unit} long)"
    return f"{_rounded(across * scale)} {unit}"


def _contrast(region: Region) -> str:
    contrast = region.measures.contrast if region.measures else None
    if contrast is None:
        return ""
    if abs(contrast) < ALIKE:
        return "as bright as its surroundings"
    how = "brighter" if contrast > 0 else "darker"
    return f"{how} than its surroundings by {100 * abs(contrast):.0f} % of the grey scale"


def _place(region: Region, inspection: Inspection) -> str:
    row, col = region.centroid
    words = ROWS[_third(row, inspection.height)], COLS[_third(col, inspection.width)]
    place = f"at the {' '.join(word for word in words if word) or 'centre'}"
    cell = _cell(region, inspection.periodic)
    if cell is None:
        return place
    numbers = " and ".join(f"{number:.1f}" for number in cell)
    return f"{place} ({numbers} pitches from the top left corner)"


def _cell(region: Region, periodic: Periodic | None) -> tuple[float, ...] | None:
    """How many pitches, along each direction of the lattice, lie between the first pixel and the region."""
    if periodic is None or not periodic.found or not 1 <= len(periodic.pitch_px) == len(periodic.angle_deg) <= 2:
        return None
    row, col = region.centroid
    steps = [
        (pitch * math.cos(math.radians(angle)), pitch * math.sin(math.radians(angle)))
        for pitch, angle in zip(periodic.pitch_px, periodic.angle_deg, strict=True)
    ]
    if len(steps) == 1:
        (x, y), = steps
        return ((col * x + row * y) / (x * x + y * y),) if x or y else None
    (ax, ay), (bx, by) = steps
    area = ax * by - ay * bx
    return ((col * by - row * bx) / area, (row * ax - col * ay) / area) if area else None


def _third(position: float, length: int) -> int:
    return min(2, int(3 * position / max(length, 1)))


def _rounded(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"
