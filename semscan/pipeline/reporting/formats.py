"""A finished inspection in the forms of other programs: its records and masks, read back and written anew."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from semscan.errors import ReportError
from semscan.files.results.finished_run import FinishedRun, read_finished
from semscan.files.results.records import source_of
from semscan.files.results.report_files import (
    export_names,
    read_reported_mask,
    relative_path,
    short_names,
    write_export,
)
from semscan.pipeline.reporting.source_image import reread
from semscan.pipeline.reporting.written import Written
from semscan.report.formats.region_pixels import RegionPixels, pieces
from semscan.report.formats.table import INSPECT_COLUMNS, REGION_COLUMNS, lines, region_rows
from semscan.settings import ReportSettings

Files = Generator[Written, None, None]
COCO = "coco.json"
IMAGES = "images.csv"
REGIONS = "regions.csv"
TIFF = (".tif", ".tiff")
KLARF = ".klarf"
ROI = ".roi.zip"
LABELME = ".labelme.json"


def write_csv(results: Path, settings: ReportSettings) -> Files:
    """`images.csv`, a row for each image, those that failed too, and `regions.csv`, a row for each region."""
    finished = read_finished(results)
    folder = _folder(finished, settings)
    if folder.suffix.lower() == ".csv":
        raise ReportError(f"csv is two files, {IMAGES} and {REGIONS}: name a folder with --out, not {folder}")
    for name, records, columns in (
        (IMAGES, finished.records, INSPECT_COLUMNS),
        (REGIONS, region_rows(_inspected(finished)), REGION_COLUMNS),
    ):
        table = "".join(f"{line}\n" for line in lines(records, "csv", columns))
        head = ",".join(columns[:3]).encode() + b","
        write_export(folder / name, table.encode("utf-8", errors="backslashreplace"), head)
        yield Written("csv", folder / name)


def write_coco(results: Path, settings: ReportSettings) -> Files:
    """`coco.json`, of all images."""
    from semscan.report.formats.coco import MARK, coco

    finished = read_finished(results)
    folder = _folder(finished, settings)
    path = folder if folder.suffix.lower() == ".json" else folder / COCO
    records = _inspected(finished)
    found = [
        (record, name, _pieces(finished, record)) for record, name in zip(records, short_names(records), strict=True)
    ]
    write_export(path, coco(found), MARK)
    yield Written("coco", path)


def write_klarf(results: Path, settings: ReportSettings) -> Files:
    """One KLARF file for each calibrated image; raises ReportError at the end if there are others."""
    from semscan.report.formats.klarf import MARK, klarf

    finished = read_finished(results)
    records = _inspected(finished)
    classes = sorted({str(r["class"]) for record in records for r in record["regions"] if r.get("class")})
    when, left_out = _when(finished), [record for record in records if not _scale(record)]

    def one(record: dict[str, Any], path: Path) -> bytes:
        found = pieces(record, None)  # sizes alone: no mask is needed
        return klarf(record, found, classes, settings.klarf, Path(source_of(record)).name, when)

    yield from _each(finished, settings, "klarf", KLARF, MARK, one, lambda record: bool(_scale(record)))
    if left_out:
        share = "none" if len(left_out) == len(records) else f"{len(left_out)} of {len(records)} images not"
        raise ReportError(
            f"KLARF is in µm: {share} written, for want of nm per pixel (as of {left_out[0]['image']}); "
            "inspect with --nm-per-px, if you know it",
            partly=len(left_out) < len(records),
        )


def write_roi(results: Path, settings: ReportSettings) -> Files:
    """One zip of ImageJ ROIs for each image."""
    from semscan.report.formats.imagej import MARK, roi_zip

    finished = read_finished(results)
    yield from _each(finished, settings, "roi", ROI, MARK, lambda record, path: roi_zip(_pieces(finished, record)))


def write_labelme(results: Path, settings: ReportSettings) -> Files:
    """One labelme file for each image, which finds the image by a relative path; a TIFF is in the file too, since
    labelme opens few kinds of them."""
    from semscan.report.formats.labelme import MARK, labelme

    finished = read_finished(results)

    def one(record: dict[str, Any], path: Path) -> bytes:
        way = relative_path(source_of(record), path.parent)
        return labelme(record, _pieces(finished, record), way, _grey(finished, record))

    yield from _each(finished, settings, "labelme", LABELME, MARK, one)


def _each(
    finished: FinishedRun,
    settings: ReportSettings,
    form: str,
    suffix: str,
    mark: bytes,
    make: Callable[[dict[str, Any], Path], bytes],
    wanted: Callable[[dict[str, Any]], bool] = lambda record: True,
) -> Iterator[Written]:
    """One file for each inspected image that is wanted, under the name of its other outputs."""
    folder = _folder(finished, settings)
    named = [(record, stem) for record, stem in export_names(finished) if wanted(record)]
    one_file = folder.suffix.lower() == Path(form + suffix).suffix and not folder.is_dir()
    if one_file and len(named) > 1:
        raise ReportError(f"{form} is one file an image, and there are {len(named)}: name a folder, not {folder}")
    for record, stem in named:
        path = folder if one_file else folder / stem.with_name(stem.name + suffix)
        write_export(path, make(record, path), mark)
        yield Written(form, path, record["image"])


def _folder(finished: FinishedRun, settings: ReportSettings) -> Path:
    return finished.folder if settings.out is None else Path(settings.out)


def _inspected(finished: FinishedRun) -> list[dict[str, Any]]:
    """The records of images that were inspected, each checked."""
    records = [record for record in finished.records if record["status"] == "ok"]
    for record in records:
        pieces(record, None)
    return records


def _pieces(finished: FinishedRun, record: dict[str, Any]) -> list[RegionPixels]:
    return pieces(record, read_reported_mask(finished, record))


def _scale(record: dict[str, Any]) -> float | None:
    scale = record.get("nm_per_pixel")
    return scale if isinstance(scale, int | float) and scale > 0 else None


def _grey(finished: FinishedRun, record: dict[str, Any]) -> np.ndarray | None:
    """A TIFF's pixels, 0 to 1, if it is where it was and as large as it was."""
    return reread(finished, record) if source_of(record).lower().endswith(TIFF) else None


def _when(finished: FinishedRun) -> datetime:
    """When the last run began, by the clock on the wall here: KLARF has no time zones. Now, if it does not say."""
    try:
        return datetime.fromisoformat(str(finished.run.get("began"))).astimezone()
    except (ValueError, OverflowError, OSError):  # no time, or one before the clock's first
        return datetime.now().astimezone()
