"""The wafers of a finished inspection: summaries, one JSON file, a picture of each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

from semscan.errors import ReportError
from semscan.files.places import PLACES
from semscan.files.results.report_files import write_export
from semscan.phrases import plural
from semscan.pipeline.fab.wafers import Placed, PlacedImages, inspected_wafers, placed_images, placed_records
from semscan.pipeline.reporting.formats import Files, out_folder
from semscan.pipeline.reporting.reviewed_run import read_reviewed_run
from semscan.pipeline.reporting.wafer_trends import wafer_trends
from semscan.pipeline.reporting.written import Written
from semscan.report.formats.region_pixels import check_whole
from semscan.report.plots.wafer_figure import MARK as PNG_MARK
from semscan.report.plots.wafer_figure import draw_wafer
from semscan.report.wafer_words import size_bins
from semscan.settings import ReportSettings
from semscan.values.fab.defect import InspectedWafer, WaferDefect
from semscan.values.fab.summary import WaferSummary
from semscan.wafer.summary import summarise_wafer

WAFERS = "wafers.json"
MARK = b'"semscan_wafers": 1'
PICTURE = ".wafer.png"


def wafers_of_page(placed: Placed, settings: ReportSettings) -> tuple[list[WaferSummary], list[str]]:
    """Return the wafers to show, and notes about images that are on none.

    A table of places that was not asked for, and only lies with the results, need not know all images.
    """
    images = placed_images(placed)
    if settings.places is not None:
        return _summarised(images, settings), []
    scaled = {key: [pair for pair in pairs if pair[0].nm_per_pixel] for key, pairs in images.on_wafers.items()}
    shown = {key: pairs for key, pairs in scaled.items() if pairs}
    left = len(images.without) + sum(map(len, images.on_wafers.values())) - sum(map(len, shown.values()))
    note = f"{plural(left, 'image')} without a place in {PLACES} or without nm per pixel: on no wafer."
    return _summarised(PlacedImages(shown, []), settings), [note] if left else []


def _summarised(images: PlacedImages, settings: ReportSettings) -> list[WaferSummary]:
    for pairs in images.on_wafers.values():
        for record, _ in pairs:
            check_whole(record)
    return [summarise_wafer(wafer, settings.repeater_um) for wafer in inspected_wafers(images)]


def write_json(results: Path, settings: ReportSettings) -> Files:
    """Write `wafers.json`: wafers with dies, classes, sizes, defects and patterns, and the trend over them."""
    finished = read_reviewed_run(results, settings).finished
    placed = placed_records(finished, settings)
    if placed is None:
        raise ReportError("wafers.json needs to know where the images were taken; give the table with --places")
    summaries = _summarised(placed_images(placed), settings)
    folder = out_folder(finished, settings)
    path = folder if folder.suffix.lower() == ".json" else folder / WAFERS
    document = {
        "semscan_wafers": 1,
        "wafers": [_wafer(summary) for summary in summaries],
        "trends": [trend.to_json() for trend in wafer_trends(placed, settings)],
    }
    write_export(path, (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace"), MARK)
    yield Written("json", path)


def write_wafer_pictures(summaries: Sequence[WaferSummary], folder: Path) -> Files:
    """Write a picture of each wafer into `folder`."""
    wafers = [summary.wafer for summary in summaries]
    for summary, name in zip(summaries, wafer_names(wafers), strict=True):
        path = folder / (name + PICTURE)
        write_export(path, draw_wafer(summary), PNG_MARK)
        yield Written("html", path)


def wafer_names(wafers: Sequence[InspectedWafer]) -> list[str]:
    """Return the name of each wafer's files: lot and wafer, with the step where a wafer has several.

    Where two would be equal, a number follows.
    """
    short = [(wafer.frame.lot, wafer.frame.wafer) for wafer in wafers]
    words = [
        (*key, wafer.frame.step or "") if short.count(key) > 1 else key
        for key, wafer in zip(short, wafers, strict=True)
    ]
    names: dict[str, str] = {}  # by how a file system that ignores case sees them
    for key in words:
        name = "_".join(quote(word, safe=" +,=@()", errors="replace").lstrip(".")[:60] for word in key)
        free = (name if number == 1 else f"{name}_{number}" for number in count(1))
        name = next(each for each in free if each.casefold() not in names)
        names[name.casefold()] = name
    return list(names.values())


def _wafer(summary: WaferSummary) -> dict[str, Any]:
    patterns = [pattern.to_json() for pattern in summary.patterns]
    return {
        **asdict(summary.wafer.frame),
        **summary.density.to_json(),
        "dies": [{"column": column, "row": row, **density.to_json()} for (column, row), density in summary.dies],
        "types": [{"type": name, "defects": count} for name, count in summary.classes],
        "sizes": [{"diameter": words, "defects": count} for words, count in size_bins(summary.wafer.counted)],
        "patterns": patterns,
        "list": [_defect(summary, defect) for defect in summary.wafer.defects],
    }


def _defect(summary: WaferSummary, defect: WaferDefect) -> dict[str, Any]:
    return {
        "id": defect.id,
        "image": defect.image,
        "region": defect.region,
        "column": defect.column,
        "row": defect.row,
        "x_um": round(defect.x_um, 6),
        "y_um": round(defect.y_um, 6),
        "width_um": round(defect.width_um, 6),
        "height_um": round(defect.height_um, 6),
        "area_um2": round(defect.area_um2, 9),
        "class": defect.class_name,
        "nuisance": defect.nuisance,
        "pattern": summary.pattern_of(defect),
    }
