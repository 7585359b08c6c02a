"""Records as lines of text: JSON Lines, or tables for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from semscan.report.record import json_line, score_json
from semscan.values.record import AnyRecord, Record, RegionRecord

FORMATS = ("jsonl", "tsv", "csv")
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how words begin that a spreadsheet would run: an apostrophe goes before
SCORE_COLUMNS = ("image", "status", "score", "raw_score", "defect", "threshold", "class", "error", "unlike_training")
INSPECT_COLUMNS = (
    *("image", "status", "score", "raw_score", "defect", "threshold", "regions", "nuisance_regions", "class"),
    *("width_px", "height_px", "judged_fraction", "nm_per_pixel", "method", "model"),
    *("overlay", "mask", "map", "warnings", "seconds", "error", "unlike_training"),
)


REGION_COLUMNS = (
    *("image", "id", "class", "class_probability", "nuisance", "peak", "mean"),
    *("x_px", "y_px", "width_px", "height_px", "centroid_x_px", "centroid_y_px", "area_px", "equivalent_diameter_px"),
    *("feret_max_px", "feret_min_px", "perimeter_px", "orientation_deg", "neighbour_distance_px"),
    *("mean_grey", "contrast", "nm_per_pixel", "x_nm", "y_nm", "width_nm", "height_nm", "centroid_x_nm"),
    *("centroid_y_nm", "area_nm2", "equivalent_diameter_nm", "feret_max_nm", "feret_min_nm", "perimeter_nm"),
    *("neighbour_distance_nm", "witnesses", "description"),
)
BOX = ("x", "y", "width", "height")


def inspect_lines(records: Iterable[AnyRecord], form: str, more: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield full records as lines; `form` is one of `FORMATS`.

    In a table, `regions` (those that count) and `nuisance_regions` are numbers of regions. `more` columns come last.
    """
    if form == "jsonl":
        return (json_line(record.to_json()) for record in records)
    return table_lines(map(_image_row, records), form, INSPECT_COLUMNS + more)


def score_lines(records: Iterable[AnyRecord], form: str) -> Iterator[str]:
    """Yield short records as lines; `form` is one of `FORMATS`."""
    short = map(score_json, records)
    return map(json_line, short) if form == "jsonl" else table_lines(short, form, SCORE_COLUMNS)


def region_lines(records: Iterable[Record], form: str, more: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the regions of inspected images as lines of a table; `form` is tsv or csv. `more` columns come last."""
    rows = (_region_row(record, region) for record in records for region in record.regions)
    return table_lines(rows, form, REGION_COLUMNS + more)


def table_lines(rows: Iterable[Mapping[str, Any]], form: str, columns: Sequence[str]) -> Iterator[str]:
    """Yield a line of names, then each row as one line, in its turn.

    Parameters
    ----------
    rows : iterable of mapping
        Values by the names of their columns.
    form : str
        tsv or csv.
    columns : sequence of str
        Which values, in which order. Text that a spreadsheet would run as a formula gets an apostrophe.

    Yields
    ------
    str
        Without the newline.

    Examples
    --------
    >>> list(table_lines([{"image": "a, b.png", "score": 0.25}], "csv", ("image", "score")))
    ['image,score', '"a, b.png",0.25']
    """
    separator = {"tsv": "\t", "csv": ","}[form]
    yield _line(columns, separator)
    for row in rows:
        yield _line([_cell(row.get(name)) for name in columns], separator)


def _image_row(record: AnyRecord) -> dict[str, Any]:
    row = {**record.to_json(), **record.outputs.to_json()}
    if isinstance(record, Record):
        row |= {"width_px": record.width, "height_px": record.height, "regions": len(record.defects)}
        row["nuisance_regions"] = sum(region.nuisance for region in record.regions)
    return row


def _region_row(record: Record, region: RegionRecord) -> dict[str, Any]:
    row = {**region.to_json(), "image": record.image, "nm_per_pixel": record.nm_per_pixel}
    for unit, box, centroid in (("px", region.bbox, region.centroid), ("nm", region.bbox_nm, region.centroid_nm)):
        if box is not None:
            row |= zip([f"{name}_{unit}" for name in BOX], box, strict=True)
        if centroid is not None:
            row |= zip([f"centroid_x_{unit}", f"centroid_y_{unit}"], centroid, strict=True)
    return row


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    words = "; ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return f"'{words}" if words.startswith(FORMULA) else words


def _line(cells: Iterable[str], separator: str) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=separator, lineterminator="\r\n").writerow(cells)  # \r and \n inside are then quoted
    return buffer.getvalue()[:-2]
