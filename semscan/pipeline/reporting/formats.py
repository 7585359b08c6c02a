"""A finished inspection in the formats of other programs, from its records and masks."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import numpy as np

from semscan.errors import ReportError
from semscan.files.results.finished_run import FinishedRun
from semscan.files.results.report_files import export_names, relative_path, short_names, write_export
from semscan.pipeline.reporting.reviewed_run import ReviewedRun, read_reviewed_run
from semscan.pipeline.reporting.source_image import reread
from semscan.pipeline.reporting.written import Written
from semscan.report.formats.region_pixels import check_whole
from semscan.report.formats.table import INSPECT_COLUMNS, REGION_COLUMNS, inspect_lines, region_lines
from semscan.settings import ReportSettings
from semscan.values.record import Record

Files = Generator[Written, None, None]
COCO = "coco.json"
IMAGES = "images.csv"
REGIONS = "regions.csv"
TIFF = (".tif", ".tiff")
ROI = ".roi.zip"
LABELME = ".labelme.json"


def write_csv(results: Path, settings: ReportSettings) -> Files:
    """Write `images.csv`, a row for each image, those that failed too, and `regions.csv`, a row for each region."""
    finished = _read(results, settings).finished
    folder = out_folder(finished, settings)
    if folder.suffix.lower() == ".csv":
        raise ReportError(f"csv is two files, {IMAGES} and {REGIONS}: name a folder with --out, not {folder}")
    records = inspected_records(finished)
    more = ("reviewed",) if any(map(_is_reviewed, records)) else ()
    for name, lines, columns in (
        (IMAGES, inspect_lines(finished.records, "csv", more), INSPECT_COLUMNS),
        (REGIONS, region_lines(records, "csv", more), REGION_COLUMNS),
    ):
        table = "".join(f"{line}\n" for line in lines)
        head = ",".join(columns[:3]).encode() + b","
        write_export(folder / name, table.encode("utf-8", errors="backslashreplace"), head)
        yield Written("csv", folder / name)


def write_coco(results: Path, settings: ReportSettings) -> Files:
    """Write `coco.json`, of all images."""
    from semscan.report.formats.coco import MARK, coco

    reviewed = _read(results, settings)
    finished = reviewed.finished
    folder = out_folder(finished, settings)
    path = folder if folder.suffix.lower() == ".json" else folder / COCO
    records = inspected_records(finished)
    found = [
        (record, name, reviewed.pixels(record)) for record, name in zip(records, short_names(records), strict=True)
    ]
    write_export(path, coco(found), MARK)
    yield Written("coco", path)


def write_roi(results: Path, settings: ReportSettings) -> Files:
    """Write one zip of ImageJ ROIs for each image."""
    from semscan.report.formats.imagej import MARK, roi_zip

    reviewed = _read(results, settings)
    yield from each_image(
        reviewed.finished, settings, "roi", ROI, MARK, lambda record, path: roi_zip(reviewed.pixels(record))
    )


def write_labelme(results: Path, settings: ReportSettings) -> Files:
    """Write one labelme file for each image, which finds the image by a relative path.

    A TIFF is in the file too, since labelme opens few kinds of them.
    """
    from semscan.report.formats.labelme import MARK, labelme

    reviewed = _read(results, settings)
    finished = reviewed.finished

    def one(record: Record, path: Path) -> bytes:
        image_path = relative_path(record.source, path.parent)
        return labelme(record, reviewed.pixels(record), image_path, _grey(finished, record))

    yield from each_image(finished, settings, "labelme", LABELME, MARK, one)


def each_image(
    finished: FinishedRun,
    settings: ReportSettings,
    form: str,
    suffix: str,
    mark: bytes,
    make: Callable[[Record, Path], bytes],
    wanted: Callable[[Record], bool] = lambda record: True,
) -> Iterator[Written]:
    """Write one file for each inspected image that is wanted, under the name of its other outputs."""
    folder = out_folder(finished, settings)
    named = [(record, stem) for record, stem in export_names(finished) if wanted(record)]
    one_file = folder.suffix.lower() == Path(form + suffix).suffix and not folder.is_dir()
    if one_file and len(named) > 1:
        raise ReportError(f"{form} is one file an image, and there are {len(named)}: name a folder, not {folder}")
    for record, stem in named:
        path = folder if one_file else folder / stem.with_name(stem.name + suffix)
        write_export(path, make(record, path), mark)
        yield Written(form, path, record.image)


def _read(results: Path, settings: ReportSettings) -> ReviewedRun:
    return read_reviewed_run(results, settings)


def out_folder(finished: FinishedRun, settings: ReportSettings) -> Path:
    """Return where reports go: --out, or else where the results lie."""
    return finished.folder if settings.out is None else Path(settings.out)


def inspected_records(finished: FinishedRun) -> list[Record]:
    """Return the records of images that were inspected, each checked."""
    for record in finished.inspected:
        check_whole(record)
    return finished.inspected


def _is_reviewed(record: Record) -> bool:
    return record.reviewed is not None or any(region.reviewed is not None for region in record.regions)


def _grey(finished: FinishedRun, record: Record) -> np.ndarray | None:
    """Return a TIFF's pixels, 0 to 1, if it is where it was and as large as it was."""
    return reread(finished, record) if record.source.lower().endswith(TIFF) else None
