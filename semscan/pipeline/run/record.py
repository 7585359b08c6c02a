"""The record of a run: run.json, and the records of its images."""

from __future__ import annotations

import dataclasses
import os
import platform
import sys
import threading
import time
from array import array
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import PurePath
from types import TracebackType
from typing import Any, Self, TypeVar

from semscan.files.results.folder import ResultsFolder
from semscan.pipeline.run.parallel import ordered_map
from semscan.values.method import MethodProvenance
from semscan.values.record import AnyRecord, ErrorRecord
from semscan.values.run_record import RunError, RunRecord
from semscan.version import __version__

RUNNING = "running"
DONE = "done"
INTERRUPTED = "interrupted"
RUN_SCHEMA = 1
ENGINES = ("numpy", "scipy", "skimage", "cv2", "tifffile", "PIL", "onnxruntime")
Task = TypeVar("Task")
Value = TypeVar("Value")
_NOWHERE = -1


class Run:
    """The records of a run so far, and what is needed to repeat it.

    As a context it begins `run.json` and the journal, and finishes both however the block is left: after the last
    image, by a reader that has had enough, or by Ctrl-C. What was written is then on record.

    Parameters
    ----------
    settings : dataclass
        All settings of the run.
    provenance : MethodProvenance
        What the scores come from: the model's path and fingerprint, its calibration.
    typed : RunRecord, optional
        What the command line knows: `command` as typed, `repeat`, `config`. The program's name loses its folder.
        With ``-`` in the command, the names on standard input go on record too.
    outputs : ResultsFolder, optional
        Where the records are kept as they come.
    """

    def __init__(
        self, settings: Any, provenance: MethodProvenance, typed: RunRecord | None, outputs: ResultsFolder | None
    ) -> None:
        self._kept = array("q")  # by place: where the results folder keeps the record, or a negative number
        self._in_memory: dict[int, AnyRecord] = {}  # records that could not be kept there
        self._guard = threading.Lock()
        self._images = self._defective = self._unlike = 0
        self._errors: dict[int, RunError] = {}
        self._names: dict[int, str] | None = {} if typed and typed.command and "-" in typed.command else None
        self._settings = settings
        self._provenance = provenance
        self._outputs = outputs
        self._typed = typed or RunRecord()
        self._began = datetime.now(UTC)
        self._clock = time.monotonic()

    def __enter__(self) -> Self:
        if self._outputs:
            self._outputs.begin(self.summary(RUNNING))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._outputs:
            self._outputs.finish(self._records(), self.summary(DONE if error is None else INTERRUPTED))

    def add(self, place: int, record: AnyRecord) -> None:
        """Take one more record; `place` is its number in the order given. Any thread may call this."""
        kept = self._outputs.note(record) if self._outputs else None
        with self._guard:
            self._images += 1
            if isinstance(record, ErrorRecord):
                self._errors[place] = RunError(image=record.image, error=record.error)
            else:
                self._defective += bool(record.defect)
                self._unlike += bool(record.unlike_training)
            if self._names is not None:
                self._names[place] = record.image
            if self._outputs:
                self._keep(place, record, kept)

    def _keep(self, place: int, record: AnyRecord, kept: int | None) -> None:
        self._kept.extend([_NOWHERE] * (place + 1 - len(self._kept)))
        if kept is None:
            self._in_memory[place] = record
        else:
            self._kept[place] = kept

    def _records(self) -> Iterator[AnyRecord]:
        """Yield all records so far in the order given; one at a time is in memory."""
        for place, kept in enumerate(self._kept):
            record = self._outputs.noted(kept) if self._outputs and kept >= 0 else self._in_memory.get(place)
            if record is not None:
                yield record

    def summary(self, state: str) -> RunRecord:
        """Return what `run.json` holds. `state` is `RUNNING`, also after a kill, `DONE` or `INTERRUPTED`."""
        command = self._typed.command
        return dataclasses.replace(
            self._typed,
            schema_version=RUN_SCHEMA,
            semscan_version=__version__,
            state=state,
            command=(_program(command[0]), *command[1:]) if command else (),
            folder=os.getcwd(),
            names=None if self._names is None else _in_order(self._names),
            began=self._began.isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - self._clock, 3),
            images=self._images,
            defective=self._defective,
            unlike_training=self._unlike,
            errors=_in_order(self._errors),
            method=self._provenance.to_json(),
            settings=dataclasses.asdict(self._settings),
            versions={"python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}
            | library_versions(),
        )


def recorded(
    run: Run,
    tasks: Iterable[Task],
    act: Callable[[Task], AnyRecord],
    jobs: int = 1,
    stop: Callable[[], object] = lambda: None,
) -> Generator[AnyRecord, None, None]:
    """Make the record of each task on `jobs` threads, keep it, and yield the records in the order of the tasks.

    `stop` is called when no more records are wanted, while tasks may still be in work.
    """

    def one(numbered: tuple[int, Task]) -> AnyRecord:
        place, task = numbered
        record = act(task)
        run.add(place, record)  # here: what is finished counts, also when nobody takes it any more
        return record

    with run, closing(ordered_map(one, enumerate(tasks), jobs, stop)) as records:
        yield from records


def _in_order(by_place: Mapping[int, Value]) -> tuple[Value, ...]:
    return tuple(by_place[place] for place in sorted(by_place))


def library_versions() -> dict[str, str]:
    """Return the versions of those libraries that results depend on and that are in use, by name."""
    return {name: sys.modules[name].__version__ for name in ENGINES if name in sys.modules}


def _program(path: str) -> str:
    """Return the name to type: `semscan`, also where it was run as ``python -m semscan``."""
    name = PurePath(path).name
    return "semscan" if name == "__main__.py" else name.removesuffix(".exe")
