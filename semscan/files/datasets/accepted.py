"""Regions of an earlier inspection that a person has judged harmless, read from results.jsonl."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semscan.errors import BadDataError
from semscan.values import Box

MARK = "accepted"


@dataclass(frozen=True, slots=True)
class Accepted:
    """One image: its harmless regions, its other regions, and the mask of all of them.

    `size` is (rows, cols) of the image as it was inspected; `mask` a file that may be gone.
    """

    source: Path
    size: tuple[int, int]
    boxes: tuple[Box, ...]
    others: tuple[Box, ...]
    mask: Path | None


def read_accepted(path: Path) -> tuple[Accepted, ...]:
    """Read which regions are harmless.

    If any region in the file has the key ``accepted``, those where it is true; else all regions that are left
    in the file.

    Raises
    ------
    BadDataError
        If it is no file of records, or no region in it is accepted.
    """
    records = list(_records(path))
    regions = [(record, list(_regions(record, place, path))) for place, record in records]
    marked = any(MARK in region for _, those in regions for region, _ in those)
    found = []
    for record, those in regions:
        boxes = tuple(box for region, box in those if not marked or region.get(MARK) is True)
        others = tuple(box for region, box in those if marked and region.get(MARK) is not True)
        if boxes:
            size = int(record["height"]), int(record["width"])
            found.append(Accepted(Path(record["source"]), size, boxes, others, _mask_of(record, path)))
    if not found:
        cause = f'no region has "{MARK}": true' if marked else "it holds no region"
        raise BadDataError(f"{path}: accepts nothing ({cause}); keep the harmless regions in it, or mark them so")
    return tuple(found)


def _records(path: Path) -> Iterable[tuple[int, Mapping[str, Any]]]:
    try:
        # Windows editors put a byte order mark in front; splitlines would also split at U+2028 inside a text
        lines = path.read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "no text"
        raise BadDataError(f"{path}: cannot be read ({why}); name the results.jsonl of an inspection") from error
    for place, line in enumerate(lines, start=1):
        if line.strip():
            try:
                record = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise BadDataError(f"{path}: line {place} is no JSON; wanted one record a line") from error
            if not isinstance(record, dict):
                raise BadDataError(f"{path}: line {place} is no record; wanted what `semscan inspect` writes")
            yield place, record


def _regions(record: Mapping[str, Any], place: int, path: Path) -> Iterable[tuple[Mapping[str, Any], Box]]:
    regions = record.get("regions") or ()
    whole = isinstance(record.get("source"), str) and all(_is_count(record.get(key)) for key in ("width", "height"))
    if regions and (not isinstance(regions, list) or not whole):
        raise BadDataError(
            f"{path}: line {place} has regions but no source, width and height; wanted a record of `semscan inspect`"
        )
    for region in regions:
        bbox = region.get("bbox") if isinstance(region, dict) else None
        if not isinstance(bbox, list) or len(bbox) != 4 or not all(map(_is_count, bbox)):
            raise BadDataError(f"{path}: line {place} has a region without a bbox of x, y, width, height")
        x, y, width, height = bbox
        yield region, Box(y, x, y + height, x + width)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 31


def _mask_of(record: Mapping[str, Any], path: Path) -> Path | None:
    """Return the mask that was written then: as named, else next to the results."""
    outputs = record.get("outputs")
    named = outputs.get("mask") if isinstance(outputs, dict) else None
    if not isinstance(named, str):
        return None
    places: Sequence[Path] = (Path(named), path.parent / Path(named).name)
    return next((place for place in places if os.path.isfile(place)), None)
