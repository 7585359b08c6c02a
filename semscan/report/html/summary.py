"""What the records come down to: counts, areas, and the defects as a flat list."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from semscan.values.record import AnyRecord, ErrorRecord, Record, RegionRecord

NM2_PER_UM2 = 1e6


@dataclass(frozen=True, slots=True)
class Defect:
    """One region of one record. `x`, `y` in shares of the field; `diameter` is of the circle of the same area, in
    pixels, `diameter_nm` in nm where the image is calibrated. `place` is the record's number on the page."""

    place: int
    record: Record
    region: RegionRecord
    peak: float
    diameter: float
    diameter_nm: float | None
    x: float
    y: float

    @property
    def name(self) -> str:
        """The number that the overlay shows."""
        return str(self.region.id)

    @property
    def anchor(self) -> str:
        """Where its card stands on the page."""
        return f"defect-{self.place}-{self.region.id}"

    @property
    def class_name(self) -> str | None:
        """Its class, if anybody knows one."""
        return self.region.class_name


@dataclass(frozen=True, slots=True)
class Tally:
    """The records, counted. Nuisance regions are no defects. `area_um2` is the judged area of calibrated images,
    `counted` the defects on it."""

    records: Sequence[AnyRecord]
    fine: list[Record]
    failed: list[ErrorRecord]
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


def tally(records: Sequence[AnyRecord]) -> Tally:
    """Count the records of an inspection."""
    fine = [record for record in records if isinstance(record, Record)]
    defects, nuisance, area, counted, calibrated = [], 0, 0.0, 0, 0
    for place, record in enumerate(records, start=1):
        if isinstance(record, ErrorRecord):
            continue
        nuisance += len(record.regions) - len(record.defects)
        defects += [_defect(place, record, region) for region in record.defects]
        scale = record.nm_per_pixel
        if scale:
            calibrated += 1
            counted += len(record.defects)
            judged = 1.0 if record.judged_fraction is None else record.judged_fraction
            area += record.width * record.height * judged * scale**2 / NM2_PER_UM2
    return Tally(
        records=records,
        fine=fine,
        failed=[record for record in records if isinstance(record, ErrorRecord)],
        defective=sum(record.defect for record in fine),
        defects=sorted(defects, key=lambda defect: -defect.peak),
        nuisance=nuisance,
        calibrated=calibrated,
        area_um2=area,
        counted=counted,
    )


def diameters(record: Record, region: RegionRecord) -> tuple[float, float | None]:
    """Diameter of the circle of a region's area, in pixels and, when the image is calibrated, in nm."""
    diameter = 2 * math.sqrt(max(0, region.area_px) / math.pi)
    return diameter, diameter * record.nm_per_pixel if record.nm_per_pixel else None


def _defect(place: int, record: Record, region: RegionRecord) -> Defect:
    diameter, diameter_nm = diameters(record, region)
    x, y = region.centroid
    return Defect(
        place=place,
        record=record,
        region=region,
        peak=region.peak,
        diameter=diameter,
        diameter_nm=diameter_nm,
        x=min(1.0, x / (record.width or 1)),
        y=min(1.0, y / (record.height or 1)),
    )
