"""A finished inspection as KLARF: one file for each wafer where places are known, else one for each image."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from semscan.errors import BadImageError, ReportError
from semscan.files.images.read import read_image
from semscan.files.klarf.class_codes import read_class_codes
from semscan.files.klarf.image_stack import write_image_stack
from semscan.files.results.finished_run import FinishedRun
from semscan.files.results.report_files import write_export
from semscan.pipeline.fab.match import class_number
from semscan.pipeline.fab.wafers import Placed, inspected_wafers, placed_images, placed_records
from semscan.pipeline.reporting.formats import Files, each_image, inspected_records, out_folder
from semscan.pipeline.reporting.reviewed_run import read_reviewed_run
from semscan.pipeline.reporting.source_image import page_of
from semscan.pipeline.reporting.wafers import wafer_names
from semscan.pipeline.reporting.written import Written
from semscan.report.formats.klarf import klarf
from semscan.report.formats.klarf_text import MARK
from semscan.report.formats.klarf_wafer import klarf_wafer, missing_fields
from semscan.report.formats.region_pixels import region_pixels
from semscan.settings import ReadSettings, ReportSettings
from semscan.values.fab.class_codes import ClassCodes
from semscan.values.record import Record

KLARF = ".klarf"
STACK = ".tif"


def write_klarf(results: Path, settings: ReportSettings) -> Files:
    """Write KLARF files; raises ReportError at the end if some images are not calibrated."""
    finished = read_reviewed_run(results, settings).finished
    codes = read_class_codes(settings.classes)
    records = inspected_records(finished)
    for record in records:
        for region in record.regions:
            class_number(region, codes)
    placed = placed_records(finished, settings)
    if placed is None:
        yield from _image_by_image(finished, records, settings, codes)
    else:
        yield from _wafer_by_wafer(finished, records, placed, settings, codes)


def _image_by_image(
    finished: FinishedRun, records: Sequence[Record], settings: ReportSettings, codes: ClassCodes
) -> Files:
    when = _when(finished)
    left_out = [record for record in records if not _is_scaled(record)]

    def one(record: Record, path: Path) -> bytes:
        found = region_pixels(record, None)  # sizes alone: no mask is needed
        return klarf(record, found, codes, settings.klarf, Path(record.source).name, when)

    yield from each_image(finished, settings, "klarf", KLARF, MARK, one, _is_scaled)
    if left_out:
        share = "none" if len(left_out) == len(records) else f"{len(left_out)} of {len(records)} images not"
        raise ReportError(
            f"KLARF is in µm: {share} written, for want of nm per pixel (as of {left_out[0].image}); "
            "inspect with --nm-per-px, if you know it",
            partly=len(left_out) < len(records),
        )


def _wafer_by_wafer(
    finished: FinishedRun, records: Sequence[Record], placed: Placed, settings: ReportSettings, codes: ClassCodes
) -> Files:
    wafers = inspected_wafers(placed_images(placed))
    for wafer in wafers:
        missing = missing_fields(wafer.frame)
        if missing:
            raise ReportError(
                f"lot {wafer.frame.lot}, wafer {wafer.frame.wafer}: no {missing[0]}, which KLARF needs; "
                "fill it in in the table of places"
            )
    folder = out_folder(finished, settings)
    if folder.suffix.lower() == KLARF:
        raise ReportError(f"KLARF is one file a wafer and its images: name a folder with --out, not {folder}")
    by_source = {record.source: record for record in records}
    for wafer, name in zip(wafers, wafer_names(wafers), strict=True):
        shown = list(dict.fromkeys(defect.source for defect in wafer.defects))
        stack = folder / (name + STACK)
        if shown:
            write_image_stack(stack, (_pixels(finished, by_source[source]) for source in shown))
            yield Written("klarf", stack)
        pages = {source: page for page, source in enumerate(shown, start=1)}
        path = folder / (name + KLARF)
        data = klarf_wafer(wafer, codes, stack.name if shown else None, pages, _when(finished))
        write_export(path, data, MARK)
        yield Written("klarf", path)


def _pixels(finished: FinishedRun, record: Record) -> np.ndarray:
    reading = ReadSettings(page=page_of(finished, record), databar="none")
    try:
        return read_image(Path(record.source), reading, given=record.image).pixels
    except BadImageError as error:
        raise ReportError(f"{error}; KLARF lists this image, so put it back where it was") from error


def _is_scaled(record: Record) -> bool:
    return record.nm_per_pixel is not None and record.nm_per_pixel > 0


def _when(finished: FinishedRun) -> datetime:
    """Return when the last run began, in local time, since KLARF has no time zones; now, if that is not known."""
    try:
        return datetime.fromisoformat(str(finished.run.began)).astimezone()
    except (ValueError, OverflowError, OSError):  # not a time, or one before the clock's first
        return datetime.now().astimezone()
