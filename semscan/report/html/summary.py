"""The records in numbers: counts, areas, and the defects as a flat list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from semscan.report.region_entry import equivalent_diameter
from semscan.values.record import AnyRecord, ErrorRecord, Record, RegionRecord

NM2_PER_UM2 = 1e6
UM2_PER_CM2 = 1e8


@dataclass(frozen=True, slots=True)
class Defect:
    """One region of one record that counts.

    `place` is the record's number on the page, from 1. `peak` is in map units, `x` and `y` in shares of the field.
    `diameter` is of the circle of the same area, in pixels, `diameter_nm` in nm where the image is calibrated.
    """

    place: int
    record: Record
    region: RegionRecord
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


@dataclass(frozen=True, slots=True)
class Summary:
    """The records, counted. A nuisance region is not a defect; images `unlike` those of training have no defects.

    `judged` are the images with a verdict, `defective` those of them with defects. `defects` are regions; `whole`
    counts them with the parts of one defect as one. `area_um2` is the judged area of those of the `judged` images that
    are `calibrated`, `counted` the whole defects on it.
    """

    records: Sequence[AnyRecord]
    inspected: list[Record]
    judged: list[Record]
    failed: list[ErrorRecord]
    defective: int
    unlike: int
    defects: list[Defect]
    whole: int
    nuisance: int
    calibrated: int
    area_um2: float
    counted: int

    @property
    def all_calibrated(self) -> bool:
        """True when every defect has a size in nm."""
        return bool(self.defects) and all(defect.diameter_nm is not None for defect in self.defects)

    @property
    def density_per_um2(self) -> float:
        """Defects per µm² of judged, calibrated area."""
        return self.counted / self.area_um2

    @property
    def density_per_cm2(self) -> float:
        """Defects per cm² of judged, calibrated area."""
        return self.density_per_um2 * UM2_PER_CM2


def summarise(records: Sequence[AnyRecord]) -> Summary:
    """Count the records of an inspection; defects are sorted by their peaks, highest first."""
    numbered = [(place, record) for place, record in enumerate(records, start=1) if isinstance(record, Record)]
    inspected = [record for _, record in numbered]
    judged = [record for record in inspected if has_verdict(record)]
    calibrated = [record for record in judged if record.nm_per_pixel]
    defects = [_defect(place, record, region) for place, record in numbered for region in record.defects]
    return Summary(
        records=records,
        inspected=inspected,
        judged=judged,
        failed=[record for record in records if isinstance(record, ErrorRecord)],
        defective=sum(bool(record.defect) for record in judged),
        unlike=sum(bool(record.unlike_training) for record in inspected),
        defects=sorted(defects, key=lambda defect: -defect.region.peak),
        whole=sum(record.defect_count for record in inspected),
        nuisance=sum(sum(region.nuisance for region in record.regions) for record in inspected),
        calibrated=len(calibrated),
        area_um2=sum(map(_judged_um2, calibrated)),
        counted=sum(record.defect_count for record in calibrated),
    )


def has_verdict(record: Record) -> bool:
    """Return True for an image that was judged to have defects or none."""
    return record.score is not None and record.defect is not None


def diameters(record: Record, region: RegionRecord) -> tuple[float, float | None]:
    """Return the diameter of the circle of a region's area, in pixels and, with a scale, in nm."""
    diameter = equivalent_diameter(max(0, region.area_px))
    return diameter, diameter * record.nm_per_pixel if record.nm_per_pixel else None


def _judged_um2(record: Record) -> float:
    return record.judged_px * (record.nm_per_pixel or 0.0) ** 2 / NM2_PER_UM2


def _defect(place: int, record: Record, region: RegionRecord) -> Defect:
    diameter, diameter_nm = diameters(record, region)
    x, y = region.centroid
    return Defect(
        place=place,
        record=record,
        region=region,
        diameter=diameter,
        diameter_nm=diameter_nm,
        x=min(1.0, x / (record.width or 1)),
        y=min(1.0, y / (record.height or 1)),
    )
