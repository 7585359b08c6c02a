"""Measure: the critical dimensions of each image that a user names."""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO

from semscan.files.find.images import InputError, InputImage, find_images
from semscan.files.images.read import read_image
from semscan.files.results.record_folder import MeasureFolder
from semscan.image.clean import clean
from semscan.pipeline.measuring.left_out import LeftOut
from semscan.pipeline.measuring.pattern import measure_pattern
from semscan.pipeline.measuring.write import write_measurement
from semscan.pipeline.run.error_records import file_error, name_error, or_error
from semscan.pipeline.run.parallel import ordered_map
from semscan.pipeline.run.side_by_side import side_by_side
from semscan.pipeline.run.workers import WorkerLost
from semscan.settings import MeasureSettings
from semscan.values.measured.record import MeasureRecord
from semscan.values.record import ErrorRecord

FEW = 4  # images that are measured in this process
KEPT_AT_ONCE = 256  # records that are written together
AnyMeasure = MeasureRecord | ErrorRecord
Named = InputImage | InputError


def measure_images(
    arguments: Sequence[str], settings: MeasureSettings, *, stdin: BinaryIO | None = None, nul: bool = False
) -> Generator[AnyMeasure, None, None]:
    """Measure images and write the results; yield one record each, in the order given.

    An image that cannot be measured gives a record of its error and never stops the others.

    Parameters
    ----------
    arguments : sequence of str
        Files, folders (searched below), globs; ``-`` for names on `stdin`.
    settings : MeasureSettings
    stdin : binary stream, optional
        Names, one a line, or NUL-separated with `nul`.

    Raises
    ------
    OutputError
        If the output folder or the results to leave out cannot be used.
    """
    measurer = Measurer(settings)
    measurer.prepare()  # here too: what is wrong with --without is wrong with all images
    folder = MeasureFolder(Path(settings.out))
    named = find_images(arguments, stdin=stdin, nul=nul, skip=folder.out)
    first = list(islice(named, FEW + 1))
    apart = len(first) > (FEW if settings.inspect.jobs == 1 else 1) or "-" in arguments
    waiting: list[AnyMeasure] = []
    with side_by_side(measurer, settings.inspect, apart=apart) as way:

        def measure(task: Named | MeasureTask) -> AnyMeasure:
            if isinstance(task, InputError):
                return name_error(task)
            try:
                record: AnyMeasure = way.act(task)
            except WorkerLost as lost:
                assert isinstance(task, MeasureTask)
                return file_error(task.found, str(lost))
            return record

        tasks = _tasks(chain(first, named), folder)
        try:
            with closing(ordered_map(measure, tasks, way.jobs, way.stop)) as records:
                for record in records:
                    waiting.append(record)
                    if len(waiting) >= KEPT_AT_ONCE:
                        folder.keep(each.to_json() for each in waiting)
                        waiting.clear()
                    yield record
        finally:
            if waiting:
                folder.keep(each.to_json() for each in waiting)


def count_images(arguments: Sequence[str], settings: MeasureSettings) -> int | None:
    """Count the images that the arguments name; None if that is not known before the end."""
    return None if "-" in arguments else sum(1 for _ in find_images(arguments, skip=Path(settings.out)))


@dataclass(frozen=True, slots=True)
class MeasureTask:
    """An image to measure; `stem` is the name of its files, relative to the folder `out`, without suffix."""

    found: InputImage
    out: Path
    stem: str

    @property
    def path(self) -> Path:
        """The image file."""
        return self.found.path


def _tasks(named: Iterator[Named], folder: MeasureFolder) -> Iterator[Named | MeasureTask]:
    for found in named:
        if isinstance(found, InputError):
            yield found
        else:
            yield MeasureTask(found, folder.out, str(folder.claim(found, os.path.abspath(found.path))))


class Measurer:
    """Makes the record of an image, and writes its files. Never raises for what is wrong with one image."""

    def __init__(self, settings: MeasureSettings) -> None:
        self._settings = settings
        self._left_out: LeftOut | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {"_settings": self._settings, "_left_out": None}

    def prepare(self) -> None:
        """Read the results whose regions are left out; raises OutputError if there are none."""
        if self._settings.without is not None:
            self._left_out = LeftOut(self._settings.without)

    def __call__(self, task: MeasureTask) -> AnyMeasure:
        """Return the record of one image."""
        return or_error(task.found, lambda found: self._record(found, task))

    def _record(self, found: InputImage, task: MeasureTask) -> MeasureRecord:
        began = time.monotonic()
        image = read_image(found.path, self._settings.inspect.read, given=found.given)
        cleaned = clean(image, self._settings.inspect.read)
        left_out = None if self._left_out is None else self._left_out.of(found, cleaned.values.shape)
        measured = measure_pattern(cleaned, self._settings.edges, left_out)
        rows, cols = cleaned.values.shape
        record = MeasureRecord(
            image=found.given,
            source=image.source,
            width=cols,
            height=rows,
            judged_fraction=cleaned.judged_fraction,
            nm_per_pixel=image.nm_per_pixel,
            nm_per_pixel_source=image.metadata.get("nm_per_pixel_source"),
            data_bar_px=cleaned.data_bar_px,
            dimensions=measured.dimensions,
            stem=task.stem,
            warnings=(*cleaned.warnings, *measured.warnings),
        )
        outputs = write_measurement(
            measured, cleaned, found.given, task.out / task.stem, picture=self._settings.picture
        )
        return replace(record, outputs=outputs, seconds=time.monotonic() - began)
