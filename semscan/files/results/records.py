"""Records as lines of `results.jsonl`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from semscan.files.disk.plain_file import read_plain
from semscan.values.record import AnyRecord, parse_record

LARGEST = 256 << 20  # bytes of a file that is read as one JSON object


def parse_object(text: bytes) -> dict[str, Any] | None:
    """Return the JSON object in a line or a file; None if it holds anything else, or was cut off."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def read_object(path: Path) -> dict[str, Any] | None:
    """Return the JSON object in a file; None if it is not there, too large, or holds anything else."""
    try:
        return parse_object(read_plain(path, LARGEST))
    except OSError:
        return None


def parse_line(line: bytes, *, with_regions: bool = True) -> AnyRecord | None:
    """Return the record in a line; None if the line is not a record of semscan, or was cut off.

    Without its regions, a record is read in a fraction of the time.
    """
    found = parse_object(line)
    if found is not None and not with_regions:
        found.pop("regions", None)
    return None if found is None else parse_record(found)


def parse_lines(lines: Iterable[bytes], *, with_regions: bool = True) -> list[AnyRecord]:
    """Return the records in these lines; lines that are not records are left out."""
    records = (parse_line(line, with_regions=with_regions) for line in lines)
    return [record for record in records if record is not None]


def to_line(json_object: Mapping[str, Any]) -> bytes:
    """Return a JSON object as a line, in ASCII: a file name may be no valid text."""
    return json.dumps(dict(json_object)).encode("ascii") + b"\n"


def merge_records(lines: Iterable[bytes], records: Iterable[AnyRecord]) -> Iterator[bytes]:
    """Yield the lines with `records` in them.

    A line of the same source is replaced where it stands. All other lines stay as they are, byte for byte: records
    of other sources with the keys that a user has added, and lines that are not semscan's.
    """
    return merge_lines(lines, {record.source: to_line(record.to_json()) for record in records})


def merge_lines(lines: Iterable[bytes], new: Mapping[str, bytes]) -> Iterator[bytes]:
    """Yield the lines with those of `new`, which are named by their sources, in the place of older ones.

    Examples
    --------
    >>> old = [b'{"source": "a", "status": "ok"}', b"other"]
    >>> list(merge_lines(old, {"a": b"A", "b": b"B"}))
    [b'A', b'other\\n', b'B']
    """
    replaced = set()
    for line in lines:
        record = parse_line(line, with_regions=False) if new else None
        if record is not None and record.source in new and record.source not in replaced:
            replaced.add(record.source)
            yield new[record.source]
        elif line.strip():
            yield line.rstrip(b"\r\n") + b"\n"
    for source in new:
        if source not in replaced:
            yield new[source]
