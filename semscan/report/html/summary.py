"""What the records come down to: counts, areas, and the defects as a flat list."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from semscan.report.html.parts import number

NM2_PER_UM2 = 1e6


@dataclass(frozen=True, slots=True)
class Defect:
    """One region of one record. `x`, `y` in shares of the field; `diameter` is of the circle of the same area, in
    pixels, `diameter_nm` in nm where the image is calibrated. `place` is the record's number on the page."""

    place: int
    record: Mapping[str, Any]
    region: Mapping[str, Any]
    peak: float
    diameter: float
    diameter_nm: float | None
    x: float
    y: float

    @property
    def name(self) -> str:
        """The number that the overlay shows."""
        return str(self.region.get("id", "?"))

    @property
    def anchor(self) -> str:
        """Where its card stands on the page."""
        return f"defect-{self.place}-{number(self.region.get('id')) or 0:g}"

    @property
    def class_name(self) -> str | None:
        """Its class, if anybody knows one."""
        return self.region.get("class")


@dataclass(frozen=True, slots=True)
class Tally:
    """The records, counted. Nuisance regions are no defects. `area_um2` is the judged area of calibrated images,
    `counted` the defects on it."""

    records: Sequence[Mapping[str, Any]]
    fine: list[Mapping[str, Any]]
    failed: list[Mapping[str, Any]]
    defective: int
    defects: list[Defect]
    nuisance: int
    calibrated: int
    area_um2: float
    counted: int

    @property
    def all_calibrated(self) -> bool:
        """True when every defect has a size in nm."""
        return bool(self.defects) and all(defect.diameter_nm is not None for defect in self.defects)


def tally(records: Sequence[Mapping[str, Any]]) -> Tally:
    """Count the records of an inspection."""
    fine = [record for record in records if record.get("status") == "ok"]
    defects, nuisance, area, counted, calibrated = [], 0, 0.0, 0, 0
    for place, record in enumerate(records, start=1):
        if record.get("status") != "ok":
            continue
        found = [region for region in regions_of(record) if not region.get("nuisance")]
        nuisance += len(regions_of(record)) - len(found)
        defects += [_defect(place, record, region) for region in found]
        scale = number(record.get("nm_per_pixel"))
        if scale:
            calibrated += 1
            counted += len(found)
            judged = number(record.get("judged_fraction"))
            pixels = (number(record.get("width")) or 0) * (number(record.get("height")) or 0)
            area += pixels * (1 if judged is None else judged) * scale**2 / NM2_PER_UM2
    return Tally(
        records=records,
        fine=fine,
        failed=[record for record in records if record.get("status") != "ok"],
        defective=sum(record.get("defect") is True for record in fine),
        defects=sorted(defects, key=lambda defect: -defect.peak),
        nuisance=nuisance,
        calibrated=calibrated,
        area_um2=area,
        counted=counted,
    )


def regions_of(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The regions of a record; those that are none are left out."""
    regions = record.get("regions")
    return [region for region in regions if isinstance(region, dict)] if isinstance(regions, list) else []


def diameters(record: Mapping[str, Any], region: Mapping[str, Any]) -> tuple[float, float | None]:
    """Diameter of the circle of a region's area, in pixels and, when the image is calibrated, in nm."""
    diameter = 2 * math.sqrt(max(0.0, number(region.get("area_px")) or 0.0) / math.pi)
    scale = number(record.get("nm_per_pixel"))
    return diameter, diameter * scale if scale else None


def _defect(place: int, record: Mapping[str, Any], region: Mapping[str, Any]) -> Defect:
    diameter, diameter_nm = diameters(record, region)
    centre = region.get("centroid")
    x, y = (number(value) or 0.0 for value in centre) if isinstance(centre, list) and len(centre) == 2 else (0.0, 0.0)
    width, height = number(record.get("width")) or 1.0, number(record.get("height")) or 1.0
    return Defect(
        place=place,
        record=record,
        region=region,
        peak=number(region.get("peak")) or 0.0,
        diameter=diameter,
        diameter_nm=diameter_nm,
        x=min(1.0, x / width),
        y=min(1.0, y / height),
    )
