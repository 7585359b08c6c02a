"""Records as lines of text: JSON Lines, or tables for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from semscan.report.record import to_json

FORMATS = ("jsonl", "tsv", "csv")
SCORE_COLUMNS = ("image", "status", "score", "raw_score", "defect", "threshold", "class", "error")
INSPECT_COLUMNS = (
    *("image", "status", "score", "raw_score", "defect", "threshold", "regions", "class"),
    *("width", "height", "judged_fraction", "nm_per_pixel", "method", "model"),
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
        Keys of a record, or of its `outputs`.

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
        flat = {**record, **record.get("outputs", {})}
        if "regions" in record:
            flat["regions"] = len(record["regions"])
        yield _row([_cell(flat.get(name)) for name in columns], separator)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "; ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _row(cells: Iterable[str], separator: str) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=separator, lineterminator="\r\n").writerow(cells)  # \r and \n inside are then quoted
    return buffer.getvalue()[:-2]
