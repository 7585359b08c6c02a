"""The records of an inspection, put on their wafers."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from semscan.errors import ReportError
from semscan.files.places import PLACES, read_places
from semscan.files.results.finished_run import FinishedRun
from semscan.phrases import plural, printable
from semscan.pipeline.fab.match import offset_um, um_per_pixel
from semscan.pipeline.fab.order import by_numbers
from semscan.pipeline.fab.same_place import widest, without_repeats
from semscan.pipeline.fab.whole import whole_defects
from semscan.settings import ReportSettings
from semscan.values.fab.defect import Field, InspectedWafer, WaferDefect
from semscan.values.fab.place import Place
from semscan.values.record import AnyRecord, Record, RegionRecord

Placed = Sequence[tuple[AnyRecord, Place | None]]  # all records of a folder
WaferKey = tuple[str, str, str]  # lot, wafer and step
GIVEN = ("lot", "wafer", "device", "step", "setup", "slot")


def placed_records(finished: FinishedRun, settings: ReportSettings) -> Placed | None:
    """Return each record with its place, by the table that the settings name, or that lies with the results.

    An image that was moved since is known by its file name, if no other image and no other line has that name.
    None if there is no table. Raises BadKlarfError if it cannot be used.
    """
    path = Path(settings.places) if settings.places is not None else finished.folder / PLACES
    if settings.places is None and not path.is_file():
        return None
    given = {name: getattr(settings.klarf, name) for name in GIVEN if name in settings.klarf.given}
    places = read_places(path, given)
    by_name = _unique_names(finished.records, places)
    return [
        (record, places.get(record.source) or by_name.get(PurePath(record.source).name)) for record in finished.records
    ]


@dataclass(frozen=True, slots=True)
class PlacedImages:
    """The images that lie on wafers, by lot, wafer and step, and the names of those without a place."""

    on_wafers: Mapping[WaferKey, list[tuple[Record, Place]]]
    without: list[str]


def placed_images(placed: Placed) -> PlacedImages:
    """Put the inspected images on their wafers.

    Images that are unlike the training images count neither as inspected nor as defective.
    """
    taken: dict[WaferKey, list[tuple[Record, Place]]] = defaultdict(list)
    without: list[str] = []
    for record, place in placed:
        if not isinstance(record, Record):
            continue
        if place is None:
            without.append(record.image)
        elif not record.unlike_training:
            taken[_wafer_key(place)].append((record, place))
    return PlacedImages(taken, without)


def records_by_wafer(placed: Placed) -> dict[WaferKey, list[AnyRecord]]:
    """Return all records of each wafer, those without a verdict too, sorted by lot, wafer and step."""
    taken: dict[WaferKey, list[AnyRecord]] = defaultdict(list)
    for record, place in placed:
        if place is not None:
            taken[_wafer_key(place)].append(record)
    return {key: taken[key] for key in _in_order(taken)}


def inspected_wafers(images: PlacedImages) -> list[InspectedWafer]:
    """Return the wafers of the images, sorted by lot, wafer and step.

    Raises
    ------
    ReportError
        If an image has no place.
    BadKlarfError
        If an image has no nm per pixel.
    """
    if images.without:
        raise ReportError(
            f"{plural(len(images.without), 'image')} without a place, such as {printable(images.without[0])}; "
            "give each image a line in the table of places"
        )
    return [_wafer(images.on_wafers[key]) for key in _in_order(images.on_wafers)]


def _in_order(keys: Iterable[WaferKey]) -> list[WaferKey]:
    return sorted(keys, key=lambda key: tuple(map(by_numbers, key)))


def _wafer_key(place: Place) -> WaferKey:
    return place.frame.lot, place.frame.wafer, place.frame.step or ""


def _unique_names(records: Sequence[AnyRecord], places: Mapping[str, Place]) -> dict[str, Place]:
    """Return the places by the file names that only one image and one line of the table have."""
    images = Counter(PurePath(record.source).name for record in records)
    lines = Counter(PurePath(source).name for source in places)
    names = ((PurePath(source).name, place) for source, place in places.items())
    return {name: place for name, place in names if images[name] == lines[name] == 1}


def _wafer(taken: list[tuple[Record, Place]]) -> InspectedWafer:
    by_place: dict[tuple[int, int, float, float], list[tuple[Field, list[WaferDefect]]]] = defaultdict(list)
    for record, place in taken:
        defects = [_defect(record, region, place) for region in whole_defects(record.regions)]
        by_place[place.column, place.row, place.x_um, place.y_um].append((_field(record, place), defects))
    fields = tuple(widest([field for field, _ in shown]) for shown in by_place.values())
    found = (defect for shown in by_place.values() for defect in without_repeats(shown))
    numbered = tuple(replace(defect, id=number) for number, defect in enumerate(found, 1))
    return InspectedWafer(frame=taken[0][1].frame, fields=fields, defects=numbered)


def _field(record: Record, place: Place) -> Field:
    scale = um_per_pixel(record)
    return Field(
        image=record.image,
        column=place.column,
        row=place.row,
        x_um=place.x_um,
        y_um=place.y_um,
        width_um=record.width * scale,
        height_um=(record.height - record.data_bar_px) * scale,
        area_um2=record.judged_px * scale**2,
    )


def _defect(record: Record, region: RegionRecord, place: Place) -> WaferDefect:
    scale = um_per_pixel(record)
    right, up = offset_um(record, region)
    x, y, column, row = place.x_um + right, place.y_um + up, place.column, place.row
    pitch = place.frame.pitch_um
    if pitch is not None:  # an image at the edge of a die also shows the next one
        columns = math.floor(x / pitch[0]) - math.floor(place.x_um / pitch[0])
        rows = math.floor(y / pitch[1]) - math.floor(place.y_um / pitch[1])
        x, y, column, row = x - columns * pitch[0], y - rows * pitch[1], column + columns, row + rows
    _, _, width, height = region.bbox
    longest, shortest = region.feret_max_px or max(width, height), region.feret_min_px or min(width, height)
    angle = region.orientation_deg
    return WaferDefect(
        id=0,
        image=record.image,
        source=record.source,
        region=region.id,
        column=column,
        row=row,
        x_um=x,
        y_um=y,
        width_um=width * scale,
        height_um=height * scale,
        area_um2=region.area_px * scale**2,
        class_name=None if region.class_name == "unknown" else region.class_name,
        nuisance=region.nuisance,
        elongation=longest / max(shortest, 1.0),
        angle_deg=None if angle is None else -angle if angle < 90 else 90.0,
        reach_um=longest / 2 * scale,
        reviewed=region.reviewed,
    )
