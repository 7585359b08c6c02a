"""A finished output folder, read back: its records, the last run, and where the outputs lie."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

from semscan.errors import OutputError
from semscan.files.disk.plain_file import read_lines
from semscan.files.results.folder import RESULTS, RUN
from semscan.files.results.journal import journals, read_journal
from semscan.files.results.records import LineNumbers, merge_records, parse_lines, read_object
from semscan.values.record import AnyRecord, Record
from semscan.values.run_record import RunRecord


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """The records of an output folder in their order, and its last run.

    `unfinished` is the number of records from runs that did not end. `earlier` are the records of earlier runs, where
    only those of the last were asked for.
    """

    folder: Path
    records: list[AnyRecord]
    run: RunRecord = field(default_factory=RunRecord)
    unfinished: int = 0
    earlier: tuple[AnyRecord, ...] = ()

    @property
    def inspected(self) -> list[Record]:
        """The records of the images that could be inspected."""
        return [record for record in self.records if isinstance(record, Record)]

    @property
    def holds_several_runs(self) -> bool:
        """True if some of the records are of runs before the last, whose settings are not known any more."""
        count = self.run.images
        return not (self.earlier or self.unfinished) and count is not None and count < len(self.records)

    def locate(self, written: str | None) -> Path | None:
        """Return where an output lies now, by the path that its record names; None if it is not there.

        The folder may have been moved since, or be named from elsewhere: what follows the last run's --out in
        the path counts, or else the longest end of the path that exists below the folder.
        """
        if written is None or "\0" in written:
            return None
        parts = PurePath(os.path.normpath(written)).parts
        out = self._out
        starts = [len(out)] if out and parts[: len(out)] == out else range(len(parts))
        tails = (parts[start:] for start in starts)
        below = (Path(*tail) for tail in tails if tail and ".." not in tail and not PurePath(*tail).is_absolute())
        return next((self.folder / path for path in below if os.path.isfile(self.folder / path)), None)

    @property
    def _out(self) -> tuple[str, ...]:
        """The output folder as the last run named it, part by part; empty if that is not known."""
        return PurePath(os.path.normpath(self.run.out)).parts if self.run.out else ()


def read_finished(results: Path, *, last: bool = False) -> FinishedRun:
    """Read the records of an output folder, and those of an inspection that was killed or still runs.

    Parameters
    ----------
    results : Path
        The folder, or the `results.jsonl` in it.
    last : bool
        Only the records of the last run, those included that it took over by --resume.

    Raises
    ------
    OutputError
        If there are no records; with `last`, also if it is not known which are of the last run.
    """
    folder = Path(results)
    if folder.name == RESULTS and not os.path.isdir(folder):
        folder = folder.parent
    if not _is_folder(folder):
        raise OutputError(f"{results}: no such folder of results; give the --out of a `semscan inspect`")
    run = _run(folder / RUN)  # before the records: if a run ends in between, its lines are not yet known
    try:
        lines = list(read_lines(folder / RESULTS))
    except FileNotFoundError:
        lines = []
    except OSError as error:
        raise OutputError(f"{folder / RESULTS}: cannot be read ({error.strerror}); check its permissions") from error
    late = [record for path in journals(folder) for record in read_journal(path)]
    every = lines
    if last:  # before it ends, its records are in a journal
        lines, late = ([], late) if run.lines is None else (_pick(folder, lines, run.lines), [])
    records = parse_lines(merge_records(lines, late))
    if not records and last:
        raise _unknown(folder)
    if not records:
        raise OutputError(f"{folder}: holds no records ({RESULTS}); give the --out of a `semscan inspect`")
    sources = {record.source for record in records}
    earlier = (record for record in parse_lines(every) if record.source not in sources) if last else ()
    return FinishedRun(folder, records, run, len({record.source for record in late}), tuple(earlier))


def _pick(folder: Path, lines: Sequence[bytes], ranges: Sequence[tuple[int, int]]) -> list[bytes]:
    numbers = LineNumbers(ranges)
    if not ranges:
        raise OutputError(f"{folder}: the last run kept no record; report all, without --last")
    if not numbers.fits(len(lines)):
        raise _unknown(folder)
    return [line for number, line in enumerate(lines, start=1) if number in numbers]


def _unknown(folder: Path) -> OutputError:
    return OutputError(f"{folder}: {RUN} does not say which records are of the last run; report all, without --last")


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError as error:
        raise OutputError(f"{path}: cannot be read ({error.strerror}); check its name and permissions") from error


def _run(path: Path) -> RunRecord:
    """Read `run.json`; the record is empty if the file is missing or damaged, since the records suffice.

    `lines` of which a part is damaged are not known.
    """
    found = read_object(path) or {}
    run = RunRecord.parse(found)
    return run if run.lines is None or len(run.lines) == len(found["lines"]) else replace(run, lines=None)
