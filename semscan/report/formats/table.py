"""Records as lines of text: JSON Lines, or tables for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from semscan.report.record import to_json

FORMATS = ("jsonl", "tsv", "csv")
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how words begin that a spreadsheet would run: an apostrophe goes before
SCORE_COLUMNS = ("image", "status", "score", "raw_score", "defect", "threshold", "class", "error")
INSPECT_COLUMNS = (
    *("image", "status", "score", "raw_score", "defect", "threshold", "regions", "nuisance_regions", "class"),
    *("width_px", "height_px", "judged_fraction", "nm_per_pixel", "method", "model"),
    *("overlay", "mask", "map", "warnings", "seconds", "error"),
)


def lines(records: Iterable[Mapping[str, Any]], form: str, columns: tuple[str, ...]) -> Iterator[str]:
    """Each record as one line, in its turn; tables begin with a line of names.

    Parameters
    ----------
    records : iterable of mapping
        As made by `semscan.report.record`.
    form : str
        One of `FORMATS`. JSON Lines hold whole records, tables the given columns.
    columns : tuple of str
        Keys of a record, or of its `outputs`; `width_px`, `height_px`; `regions` (those that count) and
        `nuisance_regions` are numbers of them. Words that a spreadsheet would run as a formula get an apostrophe.

    Yields
    ------
    str
        Without the newline.

    Examples
    --------
    >>> list(lines([{"image": "a, b.png", "score": 0.25, "defect": False}], "csv", ("image", "score", "defect")))
    ['image,score,defect', '"a, b.png",0.25,false']
    """
    if form == "jsonl":
        yield from map(to_json, records)
        return
    separator = {"tsv": "\t", "csv": ","}[form]
    yield _row(columns, separator)
    for record in records:
        flat = _flat(record)
        yield _row([_cell(flat.get(name)) for name in columns], separator)


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    flat = {**record, **record.get("outputs", {})}
    flat |= {f"{name}_px": record[name] for name in ("width", "height") if name in record}
    if isinstance(regions := record.get("regions"), list):
        nuisance = sum(region.get("nuisance") is True for region in regions)
        flat |= {"regions": len(regions) - nuisance, "nuisance_regions": nuisance}
    return flat


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    words = "; ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return f"'{words}" if words.startswith(FORMULA) else words


def _row(cells: Iterable[str], separator: str) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=separator, lineterminator="\r\n").writerow(cells)  # \r and \n inside are then quoted
    return buffer.getvalue()[:-2]


REGION_COLUMNS = (
    *("image", "id", "class", "class_probability", "nuisance", "peak", "mean"),
    *("x_px", "y_px", "width_px", "height_px", "centroid_x_px", "centroid_y_px", "area_px", "equivalent_diameter_px"),
    *("feret_max_px", "feret_min_px", "perimeter_px", "orientation_deg", "neighbour_distance_px"),
    *("mean_grey", "contrast", "nm_per_pixel", "x_nm", "y_nm", "width_nm", "height_nm", "centroid_x_nm"),
    *("centroid_y_nm", "area_nm2", "equivalent_diameter_nm", "feret_max_nm", "feret_min_nm", "perimeter_nm"),
    *("neighbour_distance_nm", "witnesses", "description"),
)


BOX = ("x", "y", "width", "height")


def region_rows(records: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """One mapping for each region of each inspected image, with the keys of `REGION_COLUMNS`."""
    for record in records:
        for region in record.get("regions", ()):
            row = {**region, "image": record["image"], "nm_per_pixel": record.get("nm_per_pixel")}
            for unit, box, centroid in (("px", "bbox", "centroid"), ("nm", "bbox_nm", "centroid_nm")):
                row |= _named([f"{name}_{unit}" for name in BOX], region.get(box))
                row |= _named([f"centroid_x_{unit}", f"centroid_y_{unit}"], region.get(centroid))
            yield row


def _named(names: list[str], values: Any) -> dict[str, Any]:
    return dict(zip(names, values, strict=True)) if isinstance(values, list) and len(values) == len(names) else {}
