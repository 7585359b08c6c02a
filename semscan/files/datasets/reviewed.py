"""A finished inspection that a person has reviewed: its records, joined with the decisions beside them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from semscan.errors import BadDataError, OutputError
from semscan.files.results.finished_run import FinishedRun, read_finished
from semscan.files.results.review import HARMLESS, MISSED, REAL, REVIEW, UNSURE, Decision, current, read_decisions
from semscan.values.record import Record, RegionRecord


@dataclass(frozen=True, slots=True)
class ReviewedImage:
    """One image with the decisions about it.

    `whole` is about the image, `regions` are about its regions by their ids, `missed` are drawn defects.
    """

    record: Record
    whole: Decision | None = None
    regions: Mapping[int, Decision] = field(default_factory=dict)
    missed: tuple[Decision, ...] = ()

    @property
    def is_harmless(self) -> bool:
        """True if the image is said to have no defects, and no decision about a part of it says otherwise."""
        said = self.whole is not None and self.whole.verdict == HARMLESS
        return said and not self.missed and not self.with_verdict(REAL)

    @property
    def is_decided(self) -> bool:
        """True if every region that counts has a verdict; without one, if the image itself or a missed defect has."""
        if any(self.verdict_of(region) is None for region in self.record.defects):
            return False
        return bool(self.record.defects or self.missed or (self.whole and self.whole.verdict != UNSURE))

    def verdict_of(self, region: RegionRecord) -> str | None:
        """Return the verdict about a region; in an image without defects, all others are harmless. None: undecided."""
        if region.id in self.regions:
            return self.regions[region.id].verdict
        return HARMLESS if self.whole is not None and self.whole.verdict == HARMLESS else None

    def class_of(self, region: RegionRecord) -> str | None:
        """Return the class of a region: the reviewer's, else the one that was found."""
        decision = self.regions.get(region.id)
        return region.class_name if decision is None or decision.class_name is None else decision.class_name

    def with_verdict(self, verdict: str | None) -> tuple[RegionRecord, ...]:
        """Return the regions of a verdict; None: those that are undecided."""
        return tuple(region for region in self.record.regions if self.verdict_of(region) == verdict)


@dataclass(frozen=True, slots=True)
class ReviewedResults:
    """A finished inspection and its review.

    `images` have a decision, in the order of their records. `stale` decisions are about regions that the results do
    not hold, or hold elsewhere: the images were inspected again. `unknown` ones are about images that they do not hold.
    """

    path: Path
    finished: FinishedRun
    images: tuple[ReviewedImage, ...]
    stale: int = 0
    unknown: int = 0

    @property
    def left_out(self) -> str | None:
        """What cannot be used, in one line; None if all can."""
        parts = [f"{self.stale} about regions that the results do not hold as they were decided"] if self.stale else []
        parts += [f"{self.unknown} about images that the results do not hold"] if self.unknown else []
        return f"{self.path}: decisions that do not count: {' and '.join(parts)}" if parts else None


def read_reviews(names: Iterable[str]) -> list[ReviewedResults]:
    """Read several reviews as `read_review` does; raises BadDataError too if one is named twice, as it would count."""
    paths: dict[str, str] = {}
    for name in names:
        real = os.path.realpath(Path(name) / REVIEW if os.path.isdir(name) else name)
        if real in paths:
            raise BadDataError(f"{name}: the same review as {paths[real]}; name it once, or its decisions count twice")
        paths[real] = name
    return [read_review(Path(name)) for name in paths.values()]


def read_review(path: Path) -> ReviewedResults:
    """Read the decisions of a review and the results beside them.

    Parameters
    ----------
    path : Path
        A review.jsonl, or the folder of results that holds one.

    Raises
    ------
    BadDataError
        If a file cannot be read, a line is not a decision, or no results lie beside the decisions.
    """
    path = Path(path)
    path = path / REVIEW if os.path.isdir(path) else path
    decisions = read_decisions(path)
    try:
        finished = read_finished(path.parent)
    except OutputError as error:
        raise BadDataError(f"{path}: decides about no results, there are none beside it ({error})") from error
    return join(path, finished, decisions)


def review_beside(finished: FinishedRun) -> ReviewedResults | None:
    """Read the review that lies beside finished results; None without one. Raises BadDataError as `read_review`."""
    path = finished.folder / REVIEW
    return join(path, finished, read_decisions(path)) if os.path.lexists(path) else None


def join(path: Path, finished: FinishedRun, decisions: Iterable[Decision]) -> ReviewedResults:
    """Join the records of an inspection with the decisions about them; see `ReviewedResults`.

    Decisions about images of earlier runs are left out without a word where only the last run is wanted.
    """
    earlier = [record for record in finished.earlier if isinstance(record, Record)]
    records = [*earlier, *finished.inspected]
    places = ImagePlaces(records, finished.run.folder)
    of_record: dict[int, list[Decision]] = {}
    unknown = 0
    for decision in current(decisions, places.of):
        place = places.of(decision)
        if place is None:
            unknown += 1
        elif place >= len(earlier):
            of_record.setdefault(place, []).append(decision)
    images = []
    stale = 0
    for place in sorted(of_record):
        image, old = _reviewed(records[place], of_record[place])
        stale += old
        if image.whole or image.regions or image.missed:
            images.append(image)
    return ReviewedResults(path, finished, tuple(images), stale, unknown)


class ImagePlaces:
    """The places of records, found by what a decision says of its image.

    That is the source. Where it has none, or its file is gone, the name is a record's source, the image of one record
    alone, or leads to a source from `folder`, where the last inspection was started: an earlier one may have been given
    the same file by another name. A decision about another page is about no record.
    """

    def __init__(self, records: Iterable[Record], folder: str | None) -> None:
        self._folder = folder
        by_image: dict[str, int | None] = {}
        self._by_source: dict[str, int] = {}
        self._pages: list[int | None] = []
        for place, record in enumerate(records):
            by_image[record.image] = None if record.image in by_image else place
            self._by_source[record.source] = place
            self._pages.append(record.page)
        self._places: dict[str, int | None] = {**by_image, **self._by_source}

    def of(self, decision: Decision) -> int | None:
        """Return the place of the record that a decision is about; None if there is none, or more than one."""
        place = self._by_source.get(decision.source or "")
        if place is None and not (decision.source and os.path.lexists(decision.source)):
            place = self._named(decision.image)
        if place is None or decision.page is None or self._pages[place] in (None, decision.page):
            return place
        return None

    def _named(self, image: str) -> int | None:
        if image in self._places or self._folder is None:
            return self._places.get(image)
        return self._places.get(os.path.normpath(os.path.join(self._folder, image)))


def _reviewed(record: Record, decisions: Iterable[Decision]) -> tuple[ReviewedImage, int]:
    """Return an image with the decisions that fit it, and the number of those that do not."""
    boxes = {region.id: region.bbox for region in record.regions}
    whole = None
    regions: dict[int, Decision] = {}
    missed: list[Decision] = []
    stale = 0
    for decision in decisions:
        if decision.verdict == MISSED:
            missed.append(decision)
        elif decision.region is None:
            whole = decision
        elif decision.region in boxes and decision.bbox in (None, boxes[decision.region]):
            regions[decision.region] = decision
        else:
            stale += 1
    return ReviewedImage(record, whole, regions, tuple(missed)), stale
