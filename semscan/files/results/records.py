"""Records as lines of `results.jsonl`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any


def source_of(record: Mapping[str, Any]) -> str:
    """By what a record is known: its "source", else the absolute path of its "image"."""
    return str(record.get("source") or os.path.abspath(str(record.get("image", ""))))


def parsed(line: bytes) -> dict[str, Any] | None:
    """The record in a line; None if the line is not semscan's, or cut off."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def to_line(record: Mapping[str, Any]) -> bytes:
    """A record as a line, in ASCII: file names may be no valid text."""
    return json.dumps(dict(record)).encode("ascii") + b"\n"


def merged(lines: Iterable[bytes], records: Iterable[Mapping[str, Any]]) -> list[bytes]:
    """Return the lines with `records` in them.

    Records of other sources stay as they are, and so do lines that are not semscan's; one of the same
    source is replaced where it stands.

    Examples
    --------
    >>> merged([b'{"source": "a", "n": 1}', b"other"], [{"source": "a", "n": 2}, {"source": "b"}])
    [b'{"source": "a", "n": 2}\\n', b'other\\n', b'{"source": "b"}\\n']
    """
    new = {source_of(record): record for record in records}
    kept = []
    for line in lines:
        record = parsed(line)
        source = None if record is None else source_of(record)
        if source in new:
            kept.append(to_line(new.pop(source)))
        elif line.strip():
            kept.append(line.rstrip(b"\r\n") + b"\n")
    return kept + [to_line(record) for record in new.values()]
