"""The records of a run as they come, so that a killed run loses none.

A run appends each record to a file of its own next to `results.jsonl`, holds a lock on it while it lives,
and removes it when its records are in `results.jsonl`. One that nobody holds any more is of a run that
was killed: the next run into the folder takes its records up.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from semscan.errors import OutputError
from semscan.files.disk.lock import try_lock
from semscan.files.disk.plain_file import read_lines
from semscan.files.results.records import parse_line, to_line
from semscan.values.record import AnyRecord

log = logging.getLogger(__name__)

PATTERN = "results.*.partial.jsonl"
SYNC_SECONDS = 5.0  # to the disk itself this often: a killed process loses nothing, a power cut little


class Journal:
    """The file of one run. Any thread may add to it. Make it under the folder's lock; see `abandoned`."""

    def __init__(self, folder: Path) -> None:
        self.path = Path(folder) / PATTERN.replace("*", os.urandom(4).hex())
        self._guard = threading.Lock()
        self._synced = time.monotonic()
        self._file: BinaryIO | None = None
        self._size = 0
        self._read: BinaryIO | None = None
        try:
            self._file = self.path.open("xb")
            try_lock(self._file)
        except OSError as error:
            self._give_up(error)

    def add(self, record: AnyRecord) -> int | None:
        """Append a record, and return its place for `read`; None if it could not be kept.

        A disk that is full stops the journal, not the run: its end may find room again.
        """
        line = to_line(record.to_json())
        with self._guard:
            if self._file is None:
                return None
            try:
                self._file.write(line)
                self._file.flush()
                if time.monotonic() - self._synced > SYNC_SECONDS:
                    os.fsync(self._file.fileno())
                    self._synced = time.monotonic()
            except OSError as error:
                self._give_up(error)
                return None
            place, self._size = self._size, self._size + len(line)
            return place

    def read(self, place: int) -> AnyRecord | None:
        """Return the record that `add` has put at a place; None if it cannot be read any more."""
        with self._guard, suppress(OSError):
            self._read = self._read or self.path.open("rb")
            self._read.seek(place)
            return parse_line(self._read.readline())
        return None

    def close(self, keep: bool = False) -> None:
        """Remove the file, its records being in `results.jsonl`; or `keep` it for the next run to take up."""
        with self._guard:
            if self._read is not None:
                self._read.close()
            for step in (self._let_go,) if keep else (self._remove, self._let_go, self._remove):
                step()  # removed first where a system can: it is then never seen unlocked

    def _remove(self) -> None:
        with suppress(OSError):
            self.path.unlink()

    def _give_up(self, error: OSError) -> None:
        log.debug("%s: no record is kept here any more (%s)", self.path, error)
        self._let_go()

    def _let_go(self) -> None:
        with suppress(OSError):
            if self._file is not None:
                self._file.close()
        self._file = None


def journals(folder: Path) -> list[Path]:
    """List the journals in a folder, of runs that live or were killed, oldest first.

    Raises
    ------
    OutputError
        If the folder's name is more than a file system takes, or a folder above it cannot be entered.
    """
    found = []
    try:
        paths = sorted(Path(folder).glob(PATTERN))
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot be used ({error.strerror or error}); name another folder with --out"
        ) from error
    for path in paths:
        with suppress(OSError):  # its run ends just now
            found.append((path.stat().st_mtime_ns, path))
    return [path for _, path in sorted(found)]


def abandoned(folder: Path) -> list[Path]:
    """List the journals whose run was killed. Call it under the folder's lock: it locks each journal for a moment."""
    return [path for path in journals(folder) if _is_abandoned(path)]


def read_journal(path: Path) -> Iterator[AnyRecord]:
    """Yield the whole records of a journal; a last line that was cut off is left out."""
    with suppress(OSError):
        for line in read_lines(path):
            record = parse_line(line)
            if record is not None:
                yield record


def _is_abandoned(path: Path) -> bool:
    try:
        if not path.is_file():  # a pipe or a device is no run's
            return False
        with path.open("r+b") as file:
            return try_lock(file)
    except OSError:
        return False
