"""Records as lines of `results.jsonl`."""

from __future__ import annotations

import json
from bisect import bisect_right
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
    """Return the lines with those of `new`, which are named by their sources, in the place of older ones.

    Examples
    --------
    >>> old = [b'{"source": "a", "status": "ok"}', b"other"]
    >>> list(merge_lines(old, {"a": b"A", "b": b"B"}))
    [b'A', b'other\\n', b'B']
    """
    return (line for line, _ in mark_merged(lines, new))


def mark_merged(lines: Iterable[bytes], new: Mapping[str, bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield the lines as `merge_lines` does, each with whether it is one of `new`."""
    replaced = set()
    for line in lines:
        record = parse_line(line, with_regions=False) if new else None
        if record is not None and record.source in new and record.source not in replaced:
            replaced.add(record.source)
            yield new[record.source], True
        elif line.strip():
            yield line.rstrip(b"\r\n") + b"\n", False
    for source in new:
        if source not in replaced:
            yield new[source], True


class LineNumbers:
    """Numbers of the lines of a run in a file, from 1, as ranges: (first, last) of neighbouring lines.

    Examples
    --------
    >>> numbers = LineNumbers()
    >>> list(numbers.counted([(b"a", True), (b"b", True), (b"c", False), (b"d", True)]))
    [b'a', b'b', b'c', b'd']
    >>> numbers.ranges, len(numbers), 3 in numbers
    ([(1, 2), (4, 4)], 3, False)
    """

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self.ranges = list(ranges)

    def counted(self, marked: Iterable[tuple[bytes, bool]]) -> Iterator[bytes]:
        """Yield the lines, and take the numbers of those that are marked."""
        for number, (line, is_wanted) in enumerate(marked, start=1):
            if is_wanted and self.ranges and self.ranges[-1][1] == number - 1:
                self.ranges[-1] = (self.ranges[-1][0], number)
            elif is_wanted:
                self.ranges.append((number, number))
            yield line

    def fits(self, lines: int) -> bool:
        """Return whether the ranges rise, and end within a file of so many lines.

        Examples
        --------
        >>> LineNumbers([(1, 2), (4, 4)]).fits(4), LineNumbers([(1, 2), (4, 4)]).fits(3), LineNumbers([(3, 2)]).fits(4)
        (True, False, False)
        """
        before = 0
        for first, last in self.ranges:
            if not before < first <= last <= lines:
                return False
            before = last
        return True

    def __len__(self) -> int:
        return sum(last - first + 1 for first, last in self.ranges)

    def __contains__(self, number: int) -> bool:
        place = bisect_right(self.ranges, number, key=lambda each: each[0]) - 1
        return place >= 0 and number <= self.ranges[place][1]
