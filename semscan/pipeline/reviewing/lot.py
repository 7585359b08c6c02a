"""The images of a review, by number: their records, and what the page gets of them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from semscan.errors import OutputError, ReportError
from semscan.files.datasets.reviewed import ImagePlaces
from semscan.files.results.finished_run import FinishedRun, read_finished
from semscan.files.results.folder import RESULTS
from semscan.files.results.report_files import read_mask
from semscan.files.results.review import REVIEW
from semscan.report.formats.region_pixels import RegionPixels, check_whole, region_pixels
from semscan.settings import DEFECTS, UNKNOWN
from semscan.values.record import Record, RegionRecord


class CurrentRegions:
    """The regions of the images of an output folder as they are now: an inspection may replace them during a review."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / RESULTS
        self._stamp = self._now()
        self._boxes: dict[tuple[str, int | None], list[tuple[int, tuple[int, ...]]]] | None = None

    def are_those_of(self, record: Record) -> bool:
        """Return whether an image has the regions of a record still."""
        stamp = self._now()
        if stamp != self._stamp:
            self._stamp = stamp
            with suppress(OutputError):
                self._boxes = {_key(each): _boxes(each) for each in read_finished(self._file.parent).inspected}
        return self._boxes is None or self._boxes.get(_key(record)) == _boxes(record)

    def _now(self) -> tuple[int, int]:
        try:
            about = self._file.stat()
        except OSError:
            return 0, 0
        return about.st_mtime_ns, about.st_size


def _key(record: Record) -> tuple[str, int | None]:
    return record.source, record.page


def _boxes(record: Record) -> list[tuple[int, tuple[int, ...]]]:
    return [(region.id, tuple(region.bbox)) for region in record.regions]


@dataclass(frozen=True)
class Lot:
    """The inspected images of an output folder; `left_out` more have an error or a damaged record."""

    finished: FinishedRun
    records: tuple[Record, ...]
    left_out: int
    current: CurrentRegions

    @property
    def decisions_file(self) -> Path:
        """Where the decisions go."""
        return self.finished.folder / REVIEW

    @cached_property
    def numbers(self) -> ImagePlaces:
        """The number of the image that a decision is about."""
        return ImagePlaces(self.records, self.finished.run.folder)

    @cached_property
    def classes(self) -> list[str]:
        """The classes to choose from: those of the records, most frequent first, then those that semscan names."""
        of_records = Counter(name for record in self.records for name in _class_names(record))
        of_records.pop(UNKNOWN, None)
        own = [name for names in DEFECTS.values() for name in names]
        more = own if set(of_records) <= set(own) else []
        return list(dict.fromkeys([*(name for name, _ in of_records.most_common()), *more]))

    @property
    def missing(self) -> int:
        """The number of images that are no longer where they were."""
        return sum(not os.path.isfile(record.source) for record in self.records)

    def region(self, number: int, id_: int) -> RegionRecord | None:
        """Return a region of an image by its id."""
        return next((region for region in self.records[number].regions if region.id == id_), None)

    def pieces(self, number: int) -> list[RegionPixels]:
        """Return the regions of an image with their pixels, of an image unlike the training images too."""
        record = self.records[number]
        return region_pixels(replace(record, unlike_training=None), read_mask(self.finished, record))


def read_lot(results: Path) -> Lot:
    """Read the images of an output folder.

    Raises
    ------
    OutputError
        If there is no such folder, or no image in it was inspected.
    """
    finished = read_finished(results)
    records = tuple(record for record in finished.inspected if _is_whole(record))
    if not records:
        raise OutputError(f"{results}: no image in it was inspected, wanted one at least; inspect the images again")
    return Lot(finished, records, len(finished.records) - len(records), CurrentRegions(finished.folder))


def _is_whole(record: Record) -> bool:
    try:
        check_whole(record)
    except ReportError:
        return False
    return True


def _class_names(record: Record) -> Iterator[str]:
    yield from (region.class_name for region in record.regions if region.class_name)
    yield from record.class_probabilities or ()
