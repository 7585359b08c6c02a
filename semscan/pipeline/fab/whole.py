"""Whole defects: what a defect list counts once, though it was found in pieces."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from semscan.values.measured.extent import ExtentRecord
from semscan.values.record import RegionRecord

STRETCHED = 2.0  # times as long as its region: most of the defect lies below the threshold
REAL = "real"


def whole_defects(regions: Iterable[RegionRecord]) -> list[RegionRecord]:
    """Return a record for each defect, in the order of the regions: parts are joined, places are the defects' middles.

    A defect of several parts, or one far longer than its region, has box, area, length and axis of its extent. Its
    class is that of its first part with a class, of those that were reviewed as real or count before the others. It is
    a nuisance if all its parts are, and real if a part was reviewed as real. Without extents, as in results of earlier
    versions, the regions stay as they are.
    """
    parts: dict[int, list[RegionRecord]] = defaultdict(list)
    for region in regions:
        parts[region.id if region.part_of is None else region.part_of].append(region)
    return [whole for of_one in parts.values() for whole in _joined(of_one)]


def _joined(parts: list[RegionRecord]) -> list[RegionRecord]:
    """Return the defect of these parts; the parts themselves if the first does not say how far it reaches."""
    extent = parts[0].extent
    return parts if extent is None else [_whole(parts, extent)]


def _whole(parts: list[RegionRecord], extent: ExtentRecord) -> RegionRecord:
    first = parts[0]
    whole = replace(first, centroid=extent.place)
    if len(parts) > 1 or extent.feret_max_px >= STRETCHED * (first.feret_max_px or 0.0) > 0:
        whole = replace(
            whole,
            bbox=extent.bbox,
            area_px=extent.area_px,
            feret_max_px=extent.feret_max_px,
            feret_min_px=extent.feret_min_px,
            orientation_deg=extent.orientation_deg,
        )
    by_verdict = sorted(parts, key=lambda part: (part.reviewed != REAL, part.nuisance))
    named = [part for part in by_verdict if part.class_name not in (None, "unknown")] or by_verdict
    return replace(
        whole,
        class_name=named[0].class_name,
        nuisance=all(part.nuisance for part in parts),
        reviewed=REAL if any(part.reviewed == REAL for part in parts) else first.reviewed,
    )
