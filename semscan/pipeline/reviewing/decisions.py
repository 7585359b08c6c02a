"""Decisions as they come from the page and as it gets them back, and the file that they are appended to."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock
from typing import Any, TypeGuard

from semscan.errors import UsageFault
from semscan.files.results.review import (
    HARMLESS,
    MISSED,
    REAL,
    UNDONE,
    UNSURE,
    Decision,
    append_decision,
    current,
    read_decisions,
)
from semscan.pipeline.reviewing.lot import Lot
from semscan.report.html.environment import visible

MOST_CLASS_LETTERS = 100
MOST_NOTE_LETTERS = 2000
LEAST_AREA = 1.0  # px², of what a reviewer draws


class Decisions:
    """The decisions about a lot, in its file; other processes may append to it too. `added` counts those made here."""

    def __init__(self, lot: Lot, name: str | None) -> None:
        self._lot = lot
        self._name = name or None
        self._lock = Lock()
        self._signature: tuple[int, int] | None = None
        self._read: list[Decision] = []
        self.added = 0
        self.all()

    def all(self) -> list[Decision]:
        """Return all decisions in the order of their lines. Raises BadDataError if a line is damaged."""
        path = self._lot.decisions_file
        with self._lock:
            try:
                status = os.stat(path)
            except FileNotFoundError:
                self._read, self._signature = [], None
                return self._read
            signature = status.st_mtime_ns, status.st_size
            if signature != self._signature:
                self._read = read_decisions(path)
                self._signature = signature
            return self._read

    def add(self, posted: object) -> Decision:
        """Append the decision that the page has posted, and return it once it is on the disk.

        Raises
        ------
        UsageFault
            If it is not a decision about an image of the lot.
        OutputError
            If it cannot be written.
        """
        decision = self._parsed(posted)
        append_decision(self._lot.decisions_file, decision)
        with self._lock:
            self.added += 1
        return decision

    def current(self) -> list[Decision]:
        """Return the last decision about each thing, without what was undone."""
        return current(self.all(), self._lot.numbers.of)

    def counted(self) -> dict[str, int]:
        """Return how many things have each verdict now."""
        counts = Counter(decision.verdict for decision in self.current())
        return {verdict: counts[verdict] for verdict in (REAL, HARMLESS, UNSURE, MISSED)}

    def shown(self, decision: Decision) -> dict[str, Any] | None:
        """Return a decision as the page gets it; None if it is about an image that is not in the lot.

        `stale` is True for a region that an earlier run had found at another place.
        """
        number = self._lot.numbers.of(decision)
        if number is None:
            return None
        stale = decision.region is not None and self._is_stale(number, decision)
        words = {key: value and visible(value) for key, value in (("by", decision.by), ("note", decision.note))}
        name = decision.class_name and visible(decision.class_name)
        return {
            **{"number": number, "region": decision.region, "polygon": decision.polygon, "at": decision.at},
            **{"verdict": decision.verdict, "class_name": name, **words, "stale": stale},
        }

    def _is_stale(self, number: int, decision: Decision) -> bool:
        region = self._lot.region(number, int(decision.region or 0))
        return region is None or (decision.bbox is not None and decision.bbox != region.bbox)

    def _parsed(self, posted: object) -> Decision:
        if not isinstance(posted, Mapping):
            raise UsageFault("a decision is a JSON object")
        number = posted.get("number")
        if not _is_whole(number) or not 0 <= number < len(self._lot.records):
            raise UsageFault(f"there is no image {number!r} in this review; load the page again")
        record = self._lot.records[number]
        if not self._lot.current.are_those_of(record):
            raise UsageFault(
                "the image was inspected again after this review began; end `semscan review`, and start it again"
            )
        decision = Decision(
            at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            by=self._name,
            image=record.image,
            source=record.source,
            page=record.page,
            verdict=str(posted.get("verdict")),
            class_name=_text(posted, "class_name", MOST_CLASS_LETTERS),
            note=_text(posted, "note", MOST_NOTE_LETTERS),
        )
        if posted.get("polygon") is not None:
            return replace(decision, polygon=self._polygon(number, posted["polygon"]))
        if decision.verdict not in (REAL, HARMLESS, UNSURE, UNDONE):
            raise UsageFault(f"the verdict {decision.verdict[:40]!r} needs a polygon or is unknown")
        id_ = posted.get("region")
        if id_ is None:
            return decision
        region = self._lot.region(number, id_) if _is_whole(id_) else None
        if region is None:
            raise UsageFault(f"the image has no region {id_!r}; load the page again")
        return replace(decision, region=region.id, bbox=region.bbox)

    def _polygon(self, number: int, corners: Any) -> tuple[tuple[float, float], ...]:
        """Return the corners of what was drawn, within the image."""
        record = self._lot.records[number]
        try:
            polygon = tuple(
                (min(max(float(x), 0.0), float(record.width)), min(max(float(y), 0.0), float(record.height)))
                for x, y in corners
            )
        except (TypeError, ValueError, OverflowError):
            raise UsageFault("a polygon is a list of corners [x, y]") from None
        if not _area(polygon) >= LEAST_AREA:
            raise UsageFault("what was drawn has no area; draw it around the defect")
        return polygon


def _area(polygon: tuple[tuple[float, float], ...]) -> float:
    """Return the area of a polygon, px²; NaN if a corner is."""
    after = (*polygon[1:], *polygon[:1])
    return abs(sum(x * next_y - next_x * y for (x, y), (next_x, next_y) in zip(polygon, after, strict=True))) / 2


def _is_whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _text(posted: Mapping[str, Any], key: str, most: int) -> str | None:
    """Return what a person has typed, on one line; None if it is empty."""
    value = posted.get(key)
    if value is not None and not isinstance(value, str):
        raise UsageFault(f"{key} must be text")
    # half a surrogate pair and NUL can be typed, but stand in no file
    words = " ".join((value or "").replace("\0", "").encode("utf-8", "replace").decode().split())
    if len(words) > most:
        raise UsageFault(f"{key} has {len(words)} characters, wanted at most {most}; shorten it")
    return words or None
