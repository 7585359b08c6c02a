"""Regions of an earlier inspection that a person has accepted as harmless, read from results.jsonl."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from semscan.errors import BadDataError
from semscan.files.disk.plain_file import read_lines
from semscan.phrases import plural
from semscan.values import Box
from semscan.values.record import Record

MARK = "accepted"


@dataclass(frozen=True, slots=True)
class Accepted:
    """One image: the boxes of its harmless regions, those of its `others`, and its mask of all.

    `size` is (rows, cols) of the image as it was inspected; `mask` a file that may be gone.
    """

    source: Path
    size: tuple[int, int]
    boxes: tuple[Box, ...]
    others: tuple[Box, ...]
    mask: Path | None


def read_accepted(path: Path, *, every: bool = False) -> tuple[Accepted, ...]:
    """Read which regions are harmless.

    Parameters
    ----------
    path : Path
        A results.jsonl.
    every : bool
        All regions in the file are harmless; else those with ``"accepted": true``. A file that nobody has marked is
        refused then: what an inspection wrote holds the real defects too.

    Raises
    ------
    BadDataError
        If it is not a file of records, or no region in it is accepted.
    """
    found = []
    total = 0
    for record in _records(path):
        total += len(record.regions)
        boxes = tuple(region.box for region in record.regions if every or region.extra.get(MARK) is True)
        others = tuple(region.box for region in record.regions if not every and region.extra.get(MARK) is not True)
        if boxes:
            size = (record.height, record.width)
            found.append(Accepted(Path(record.source), size, boxes, others, _mask_of(record, path)))
    if found:
        return tuple(found)
    if not total:
        raise BadDataError(f"{path}: accepts nothing, it holds no region; name the results.jsonl of an inspection")
    raise BadDataError(
        f'{path}: accepts nothing, none of its {plural(total, "region")} has "{MARK}": true; add it to the harmless '
        "regions, or type --accept-all if every region in the file is harmless"
    )


def _records(path: Path) -> Iterator[Record]:
    """Read the records of a file; each has a source, a size and a box for every region, or no regions."""
    try:
        # Windows editors put a byte order mark in front
        lines = [line.decode("utf-8").removeprefix("\ufeff") for line in read_lines(path)]
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "no text"
        raise BadDataError(f"{path}: cannot be read ({why}); name the results.jsonl of an inspection") from error
    for place, line in enumerate(lines, start=1):
        if line.strip():
            yield _record(line, place, path)


def _record(line: str, place: int, path: Path) -> Record:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadDataError(f"{path}: line {place} is not JSON; wanted one record a line") from error
    if not isinstance(found, dict):
        raise BadDataError(f"{path}: line {place} is not a record; wanted what `semscan inspect` writes")
    regions = found.get("regions") or []
    record = Record.parse({**found, "regions": regions})
    if regions and not (isinstance(regions, list) and record.source and record.width > 0 and record.height > 0):
        raise BadDataError(
            f"{path}: line {place} has regions but no source, width and height; wanted a record of `semscan inspect`"
        )
    if len(record.regions) != len(regions):
        raise BadDataError(f"{path}: line {place} has a region without a bbox of x, y, width, height")
    return record


def _mask_of(record: Record, path: Path) -> Path | None:
    """Find the mask written then: as named, else next to the results."""
    named = record.outputs.mask
    if named is None:
        return None
    places: Sequence[Path] = (Path(named), path.parent / Path(named).name)
    return next((place for place in places if os.path.isfile(place)), None)
