"""Which region is which listed defect, and what a KLARF file says of it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from semscan.errors import BadKlarfError
from semscan.files.klarf.file import ListedDefect, ListedImage
from semscan.files.klarf.write import Finding, NewDefect
from semscan.phrases import printable
from semscan.pipeline.fab.whole import whole_defects
from semscan.values.fab.class_codes import NOTHING_FOUND, UNCLASSIFIED, ClassCodes
from semscan.values.record import Record, RegionRecord

if TYPE_CHECKING:
    from semscan.pipeline.fab.klarf_in import ListedInspection


@dataclass(slots=True)
class Matched:
    """What was found of each listed defect, by its place in the list, and the regions that no defect stands for."""

    findings: dict[int, Finding] = field(default_factory=dict)
    added: list[NewDefect] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    with_region: int = 0
    without_region: int = 0
    others: int = 0


def matched(listed: ListedInspection, records: Mapping[str, Record]) -> Matched:
    """Give each listed defect the region nearest to where it is expected in the first of its images that has one.

    The first defect of an image is expected at the image's centre, others of the same image where their coordinates
    put them. A region is given to one defect. Nuisance regions are given to none. In its further images, which show
    the same place, the nearest region is the same defect seen again: it is listed, and is no further region.
    """
    found = Matched()
    taken: dict[str, set[int]] = defaultdict(set)
    anchors: dict[str, tuple[ListedDefect, ListedImage]] = {}
    for place, defect in enumerate(listed.file.defects):
        seen = False
        done = False
        for image in defect.images:
            source = listed.sources[image.name, image.page]
            anchor, _ = anchors.setdefault(source, (defect, image))
            record = records.get(source)
            if record is None or record.unlike_training:
                continue
            seen = True
            pitch = listed.file.wafers[anchor.frame].frame.pitch_um
            region = _nearest(record, _apart(anchor, defect, pitch), taken[source])
            if region is None:
                continue
            taken[source].add(region.id)
            what = finding(record, region, listed.codes)
            found.entries.append(_entry(defect.id, record, region, what))
            if not done:
                done = True
                found.findings[place] = what
        found.with_region += done
        if seen and not done:
            found.without_region += 1
            number = listed.codes.number(NOTHING_FOUND)
            if number is not None:
                found.findings[place] = Finding(number, NOTHING_FOUND)
            found.entries.append({"defect_id": defect.id, "image": None, "region": None, "class_number": number})
    _add_others(listed, records, found, taken, anchors)
    return found


def finding(record: Record, region: RegionRecord, codes: ClassCodes) -> Finding:
    """Return class number and size of a region; raise BadKlarfError without a number or a pixel size."""
    scale = um_per_pixel(record)
    number = class_number(region, codes)
    _, _, width, height = region.bbox
    name = region.class_name if region.class_name and region.class_name != "unknown" else UNCLASSIFIED
    return Finding(number, name, (width * scale, height * scale), region.area_px * scale**2)


def um_per_pixel(record: Record) -> float:
    """Return the size of a pixel in µm; raise BadKlarfError if the image states none."""
    if record.nm_per_pixel is None or not record.nm_per_pixel > 0:
        raise BadKlarfError(
            f"{printable(record.image)} states no nm per pixel, which KLARF and places need; give --nm-per-px"
        )
    return record.nm_per_pixel / 1000


def class_number(region: RegionRecord, codes: ClassCodes) -> int:
    """Return the number of a region's class; raise BadKlarfError for a class without one."""
    number = codes.number(region.class_name)
    if number is None:
        table = codes.source or "semscan's table"
        raise BadKlarfError(
            f"the class {printable(str(region.class_name))!r} has no number in {printable(table)}; "
            "give it one in a file for --classes"
        )
    return number


def offset_um(record: Record, region: RegionRecord) -> tuple[float, float]:
    """Return how far a region's centroid lies from the image's centre, x and y upwards, µm.

    The centre is of the image without its data bar. Pixel centres are at whole numbers.
    """
    scale = um_per_pixel(record)
    x, y = region.centroid
    return (x - (record.width - 1) / 2) * scale, ((record.height - record.data_bar_px - 1) / 2 - y) * scale


def _apart(anchor: ListedDefect, defect: ListedDefect, pitch: tuple[float, float] | None) -> tuple[float, float]:
    """Return how far a defect, perhaps in the next die, lies from that at the image's centre: x and y upwards, µm."""
    columns, rows = defect.column - anchor.column, defect.row - anchor.row
    wide, high = pitch or (0.0, 0.0)
    return defect.x_um - anchor.x_um + columns * wide, defect.y_um - anchor.y_um + rows * high


def _nearest(record: Record, expected: tuple[float, float], taken: set[int]) -> RegionRecord | None:
    """Return the region nearest to an offset from the image's centre, x and y upwards, µm."""
    free = [region for region in whole_defects(record.defects) if region.id not in taken]
    if not free:
        return None
    return min(free, key=lambda region: math.dist(offset_um(record, region), expected))


def _add_others(
    listed: ListedInspection,
    records: Mapping[str, Record],
    found: Matched,
    taken: Mapping[str, set[int]],
    anchors: Mapping[str, tuple[ListedDefect, ListedImage]],
) -> None:
    highest: dict[int, int] = defaultdict(int)
    for defect in listed.file.defects:
        highest[defect.frame] = max(highest[defect.frame], defect.id)
    for source, (anchor, image) in anchors.items():
        record = records.get(source)
        for region in whole_defects(record.defects) if record is not None else ():
            if record is None or region.id in taken.get(source, ()):
                continue
            found.others += 1
            highest[anchor.frame] += 1
            what = finding(record, region, listed.codes)
            if listed.add:
                found.added.append(_new(listed, record, region, anchor, image, highest[anchor.frame], what))
            number = highest[anchor.frame] if listed.add else None
            found.entries.append(_entry(number, record, region, what))


def _new(
    listed: ListedInspection,
    record: Record,
    region: RegionRecord,
    anchor: ListedDefect,
    image: ListedImage,
    number: int,
    what: Finding,
) -> NewDefect:
    """Return a new defect; one beyond the edge of the die belongs to the next die."""
    pitch = listed.file.wafers[anchor.frame].frame.pitch_um
    right, up = offset_um(record, region)
    x, y = anchor.x_um + right, anchor.y_um + up
    columns = rows = 0
    if pitch is not None:
        columns = math.floor(x / pitch[0]) - math.floor(anchor.x_um / pitch[0])
        rows = math.floor(y / pitch[1]) - math.floor(anchor.y_um / pitch[1])
        x, y = x - columns * pitch[0], y - rows * pitch[1]
    return NewDefect(
        listed=anchor,
        image=image,
        id=number,
        x_um=x,
        y_um=y,
        column=anchor.column + columns,
        row=anchor.row + rows,
        finding=what,
    )


def _entry(number: int | None, record: Record, region: RegionRecord, what: Finding) -> dict[str, Any]:
    right, up = offset_um(record, region)
    return {
        "defect_id": number,
        "image": record.image,
        "region": region.id,
        "class": what.name,
        "class_number": what.number,
        "from_centre_um": [round(right, 6), round(up, 6)],
    }
