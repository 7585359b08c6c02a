"""Inspect the images that a user names, and keep their records."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from semscan.errors import OtherPageError, UsageFault
from semscan.files.find.follow import follow_folders
from semscan.files.find.images import InputError, InputImage, find_images
from semscan.files.results.earlier import EarlierRecords
from semscan.files.results.folder import ResultsFolder
from semscan.pipeline.inspecting.elsewhere import outputs_here, record_here
from semscan.pipeline.inspecting.inspector import ImageTask, Inspector
from semscan.pipeline.methods.base import LotMethod, Method, choose_method, lot_methods
from semscan.pipeline.run.error_records import file_error, name_error
from semscan.pipeline.run.parallel import ordered_map
from semscan.pipeline.run.record import Run, recorded
from semscan.pipeline.run.side_by_side import Way, side_by_side
from semscan.pipeline.run.workers import WorkerLost
from semscan.settings import InspectSettings
from semscan.values.record import AnyRecord, ErrorRecord
from semscan.values.run_record import RunRecord

STDIN = "-"
FEW = 4  # images that are inspected in this process
Named = InputImage | InputError


def inspect_images(
    arguments: Sequence[str],
    settings: InspectSettings,
    *,
    method: Method | None = None,
    stdin: BinaryIO | None = None,
    nul: bool = False,
    typed: RunRecord | None = None,
) -> Generator[AnyRecord, None, None]:
    """Inspect images and write the results; yield one record each, in the order given.

    An image that cannot be inspected gives a record of its error and never stops the others.

    Parameters
    ----------
    arguments : sequence of str
        Files, folders (searched below), globs; ``-`` for names on `stdin`.
    settings : InspectSettings
        Model, reading, regions, outputs, jobs.
    method : Method, optional
        By default the one that `settings` ask for. A given one works in this process.
    stdin : binary stream, optional
        Names, one a line, or NUL-separated with `nul`.
    typed : RunRecord, optional
        What the command line knows of the run, for `run.json`; see `Run`.

    Raises
    ------
    BadModelError
        Before the first image, if the model cannot be used.
    OutputError
        If the output folder cannot be used.
    UsageFault
        If images that are judged together are to be resumed or followed.
    """
    used = method or choose_method(settings)
    _check(settings, used)
    out = Path(settings.output.out)
    images = iter(_gathered(used, _named(arguments, settings, stdin, nul, skip=out)))
    outputs = ResultsFolder(out)
    earlier = EarlierRecords(out) if settings.resume else None
    busy: dict[Path, Lock] = {}

    def tasks() -> Iterator[tuple[Named, Path]]:
        for found in images:
            # outputs are named here, in the order given, so that any number of jobs gives the same names
            if isinstance(found, InputImage):
                try:
                    yield found, outputs.claim(found, os.path.abspath(found.path), settings.read.page)
                except OtherPageError as error:  # it costs itself alone
                    yield InputError(found.given, str(error)), outputs.out
            else:
                yield found, outputs.out

    def inspect(task: tuple[Named, Path]) -> AnyRecord:
        found, base = task
        if isinstance(found, InputError):
            return name_error(found)
        source = os.path.abspath(found.path)
        known = None if earlier is None or outputs.is_interrupted(source) else earlier.judged(source)
        with busy.setdefault(base, Lock()) if settings.follow else nullcontext():  # a file may change while in work
            return _done(ImageTask(found, base, known), way, settings, used.provenance.model)

    apart, images = _apart(arguments, settings, images, used, is_given=method is not None)
    with side_by_side(Inspector(settings, used), settings, apart=apart) as way:
        run = Run(settings, used.provenance, typed, outputs)
        yield from recorded(run, tasks(), inspect, way.jobs, way.stop)


def score_images(
    arguments: Sequence[str],
    settings: InspectSettings,
    *,
    method: Method | None = None,
    stdin: BinaryIO | None = None,
    nul: bool = False,
) -> Generator[AnyRecord, None, None]:
    """Inspect images as `inspect_images` does, but write nothing; yield one record each.

    Raises
    ------
    BadModelError
        Before the first image, if the model cannot be used.
    """
    used = method or choose_method(settings)
    _check(settings, used)
    images = iter(_gathered(used, _named(arguments, settings, stdin, nul)))
    apart, images = _apart(arguments, settings, images, used, is_given=method is not None)
    with side_by_side(Inspector(settings, used), settings, apart=apart) as way:

        def score(found: Named) -> AnyRecord:
            if isinstance(found, InputError):
                return name_error(found)
            return _done(ImageTask(found), way, settings, used.provenance.model)

        with closing(ordered_map(score, images, way.jobs, way.stop)) as records:
            yield from records


def count_images(arguments: Sequence[str], settings: InspectSettings) -> int | None:
    """Count the images that the arguments name; None if that is not known before the end."""
    if STDIN in arguments or settings.follow:
        return None
    return sum(1 for _ in find_images(arguments, skip=Path(settings.output.out)))


def count_resumable(settings: InspectSettings) -> int:
    """Count the earlier records that `inspect_images` may take over; raises OutputError if they cannot be read."""
    return len(EarlierRecords(Path(settings.output.out)))


def _check(settings: InspectSettings, method: Method) -> None:
    """Raise UsageFault for options that do not go together."""
    together = {"--resume": settings.resume, "--follow": settings.follow, "--cluster": settings.cluster is not None}
    if lot_methods(method) and any(together.values()):
        option = next(name for name, is_given in together.items() if is_given)
        raise UsageFault(f"--method {method.name} judges all images of a run together; leave out {option}")


def _done(task: ImageTask, way: Way, settings: InspectSettings, model: str | None) -> AnyRecord:
    """Return the record of a task, wherever it is done."""
    is_elsewhere = settings.cluster is not None
    try:
        record: AnyRecord = way.act(task.elsewhere() if is_elsewhere else task)
    except WorkerLost as lost:
        return file_error(task.found, str(lost))
    if not is_elsewhere:
        return record
    out = Path(settings.output.out)
    if isinstance(record, ErrorRecord):
        return record if record.written is None else replace(record, written=outputs_here(record.written, out))
    return record_here(record, out, model)


def _named(
    arguments: Sequence[str], settings: InspectSettings, stdin: BinaryIO | None, nul: bool, skip: Path | None = None
) -> Iterator[Named]:
    if settings.follow:
        return follow_folders(arguments, skip=skip)
    return find_images(arguments, stdin=stdin, nul=nul, skip=skip)


def _gathered(method: Method, found: Iterable[Named]) -> Iterable[Named]:
    """Return the images as they are found; a method that compares them with each other is given all of them first."""
    needing = lot_methods(method)
    if not needing:
        return found
    images = list(found)
    unusable = [f"{name.given}: {name.reason}; " for name in images if isinstance(name, InputError)]
    for each in needing:
        try:
            each.gather([image.path for image in images if isinstance(image, InputImage)])
        except UsageFault as error:
            raise UsageFault(f"{''.join(unusable[:1])}{error}") from error
    return images


def _apart(
    arguments: Sequence[str], settings: InspectSettings, images: Iterator[Named], method: Method, *, is_given: bool
) -> tuple[bool, Iterator[Named]]:
    """Return whether images are inspected in processes of their own, and all images.

    A process takes a second to start, so a few images are inspected in this one unless the user sets limits.
    """
    if is_given or (lot_methods(method) and not isinstance(method, LotMethod)):  # cannot be sent to another process
        return False, images
    if settings.follow or STDIN in arguments or settings.timeout is not None or settings.max_memory is not None:
        return True, images
    first = list(islice(images, FEW + 1))
    return len(first) > (FEW if settings.jobs == 1 else 1), chain(first, images)
