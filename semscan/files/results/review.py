"""What a person has decided about a finished inspection: `review.jsonl`, one line a decision, only ever appended to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, ClassVar, NamedTuple

from semscan.errors import BadDataError, OutputError
from semscan.files.disk.lock import locked
from semscan.files.disk.plain_file import open_plain
from semscan.files.results.records import parse_object, to_line
from semscan.phrases import one_line
from semscan.values.json_record import JsonRecord
from semscan.values.record import LARGEST_PIXEL

REVIEW = "review.jsonl"
REAL, HARMLESS, UNSURE, MISSED, UNDONE = "real", "harmless", "unsure", "missed", "undone"
VERDICTS = (REAL, HARMLESS, UNSURE, MISSED, UNDONE)
MOST_DECISIONS = 1_000_000
MOST_POINTS = 10_000  # of a polygon
LONGEST_LINE = 1 << 20  # bytes
LONGEST = {"at": 64, "by": 200, "image": 20_000, "class": 200, "note": 10_000}  # characters


class Thing(NamedTuple):
    """What a decision is about: a region of an image, a polygon drawn in it, or, with neither, the whole image."""

    image: object
    region: int | None
    polygon: tuple[tuple[float, float], ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(JsonRecord):
    """One decision; the last one about a thing counts.

    `at` is the time as ISO 8601, `by` who decided. `image`, `source` and `page` are those of the record; decisions of
    earlier versions have no source and no page, and other images may have the same `image`. `verdict` is one of
    `VERDICTS`. About a region: "real", "harmless" or "unsure", with the region's `bbox` (x, y, width, height) when it
    was decided, by which a decision about a region of an earlier run is seen to be stale. About the whole image,
    without region and polygon: "real" if it has defects, "harmless" if it has none. A missed defect is "missed", with
    its corners x, y in px as `polygon`. "undone" takes back the decisions about the same thing.

    Examples
    --------
    >>> decision = Decision(at="2026-01-31T09:30:00Z", image="a.png", region=2, verdict="harmless", bbox=(1, 2, 3, 4))
    >>> decision.about
    Thing(image=('a.png', None, None), region=2, polygon=None)
    """

    KEYS: ClassVar = {"class_name": "class"}
    OMITTED: ClassVar = frozenset({"source", "page"})

    at: str
    by: str | None = None
    image: str
    source: str | None = None
    page: int | None = None
    region: int | None = None
    verdict: str
    class_name: str | None = None
    polygon: tuple[tuple[float, float], ...] | None = None
    note: str | None = None
    bbox: tuple[int, int, int, int] | None = None

    @property
    def about(self) -> Thing:
        """What is decided about: decisions with equal ones replace each other."""
        return Thing((self.image, self.source, self.page), self.region, self.polygon)


def append_decision(path: Path, decision: Decision) -> None:
    """Append one decision; it is on the disk when this returns.

    Any number of processes and threads may append to the same file. What a killed process left of its last line is
    removed first: that decision was never confirmed. A failed append leaves no part of a line.

    Raises
    ------
    BadDataError
        If the decision is not one that `read_decisions` takes.
    OutputError
        If the file cannot be written.
    """
    line = to_line(decision.to_json())
    checked = "a line too long" if len(line) > LONGEST_LINE else _parse(line)
    if not isinstance(checked, Decision):
        raise BadDataError(f"{path}: not a decision: {checked}")
    with locked(path) as file:
        place = file.fileno()
        try:
            end = _end_whole_lines(file)
            try:
                _write_all(place, line)
                os.fsync(place)
            except OSError:
                os.ftruncate(place, end)
                raise
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise OutputError(f"{path}: the decision cannot be written ({reason}); free some space") from error


def read_decisions(path: Path) -> list[Decision]:
    """Return all decisions in the order of their lines.

    Blank lines, and a last line that was cut off while it was written, are left out.

    Raises
    ------
    BadDataError
        If the file cannot be read, has more than `MOST_DECISIONS` lines, or a line is not a decision.
    """
    found = []
    for number, line in enumerate(_lines(path), start=1):
        if number > MOST_DECISIONS:
            raise BadDataError(f"{path}: has more than {MOST_DECISIONS} lines; wanted the decisions of a review")
        if not line.strip():
            continue
        decision = _parse(line)
        if isinstance(decision, Decision):
            found.append(decision)
        elif line.endswith(b"\n") or parse_object(line) is not None:
            raise BadDataError(f"{path}: line {number} is not a decision: {decision}; correct or remove the line")
    return found


def current(
    decisions: Iterable[Decision], place_of: Callable[[Decision], int | None] = lambda _: None
) -> list[Decision]:
    """Return the last decision about each thing, in their order; what was undone is left out.

    `place_of` returns the number of the image that a decision is about, where it is known: one image may have had
    several names.

    Examples
    --------
    >>> made = [("a.png", "real"), ("b.png", "real"), ("a.png", "undone")]
    >>> current(Decision(at="", image=image, verdict=verdict) for image, verdict in made)[0].image
    'b.png'
    """
    last: dict[Thing, Decision] = {}
    for decision in decisions:
        place = place_of(decision)
        about = decision.about if place is None else decision.about._replace(image=place)
        last.pop(about, None)
        if decision.verdict != UNDONE:
            last[about] = decision
    return list(last.values())


def _lines(path: Path) -> Iterator[bytes]:
    """Yield the lines with their ends; none is longer than `LONGEST_LINE`."""
    try:
        with open_plain(path) as file:
            start = file.read(3)
            file.seek(3 if start == b"\xef\xbb\xbf" else 0)  # Windows editors put a byte order mark in front
            while line := file.readline(LONGEST_LINE + 1):
                if len(line) > LONGEST_LINE:
                    raise BadDataError(
                        f"{path}: has a line of more than {LONGEST_LINE} bytes; wanted one decision a line"
                    )
                yield line
    except OSError as error:
        reason = error.strerror or "not readable"
        raise BadDataError(f"{path}: cannot be read ({reason}); name the {REVIEW} of a `semscan review`") from error


def _parse(line: bytes) -> Decision | str:
    """Return the decision in a line, or what is wrong with it."""
    found = parse_object(line)
    if found is None:
        return "no JSON object"
    decision = Decision.parse(found)
    return _fault(decision) or decision


def _fault(decision: Decision) -> str | None:
    """Return what is wrong with a decision in a few words; None if nothing is."""
    if not decision.whole:
        return "a key is missing or of the wrong type"
    if decision.verdict not in VERDICTS:
        return f"the verdict {one_line(repr(decision.verdict), 40)}, wanted {', '.join(VERDICTS)}"
    texts = {"at": decision.at, "by": decision.by, "image": decision.image}
    for key, text in {**texts, "class": decision.class_name, "note": decision.note}.items():
        if text is not None and len(text) > LONGEST[key]:
            return f"{key} has more than {LONGEST[key]} characters"
    if decision.source is not None and len(decision.source) > LONGEST["image"]:
        return f"source has more than {LONGEST['image']} characters"
    if not decision.image:
        return "image is not the name of an image"
    return _fault_of_place(decision)


def _fault_of_place(decision: Decision) -> str | None:
    """Return what is wrong with the thing that is decided about."""
    polygon = decision.polygon
    if decision.region is not None and (polygon is not None or decision.verdict == MISSED):
        return "a missed defect is a polygon, not a region"
    if decision.region is not None and not 0 <= decision.region < LARGEST_PIXEL:
        return "region is not the id of a region"
    if decision.bbox is not None and (min(decision.bbox) < 0 or max(decision.bbox) >= LARGEST_PIXEL):
        return "bbox is not x, y, width, height in px"
    if polygon is None:
        return "a missed defect without a polygon" if decision.verdict == MISSED else None
    if decision.verdict not in (MISSED, UNDONE):
        return f"a polygon is {MISSED} or {UNDONE}"
    if not 3 <= len(polygon) <= MOST_POINTS:
        return f"a polygon of {len(polygon)} corners, wanted 3 to {MOST_POINTS}"
    if any(abs(end) >= LARGEST_PIXEL for corner in polygon for end in corner):
        return "a polygon outside any image"
    return None


def _end_whole_lines(file: BinaryIO) -> int:
    """End the last line where it is whole, remove it where it was cut off; return the size of the file then."""
    size = file.seek(0, os.SEEK_END)
    tail_start = max(0, size - LONGEST_LINE)
    file.seek(tail_start)
    tail = file.read(LONGEST_LINE)
    last = tail[tail.rfind(b"\n") + 1 :]
    if not last:
        return size
    if parse_object(last) is not None:  # an editor wrote it without its end
        _write_all(file.fileno(), b"\n")
        return size + 1
    if len(last) == size - tail_start and tail_start > 0:
        raise BadDataError(f"{file.name}: has a line of more than {LONGEST_LINE} bytes; wanted decisions")
    os.ftruncate(file.fileno(), size - len(last))
    return size - len(last)


def _write_all(place: int, data: bytes) -> None:
    while data:
        data = data[os.write(place, data) :]
