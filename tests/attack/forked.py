"""Run semscan in a forked child that is killed, or whose write fails, at a chosen moment.

A fork of a process that has loaded the libraries starts at once. It must have no threads yet, so onnxruntime and Keras'
own modules are loaded in the child only.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
MOVES = ("os.rename", "os.mkdir")
REMOVALS = ("os.remove", "os.rmdir")
LONGEST_S = 900.0


@dataclass(frozen=True)
class Outcome:
    """How a child ended: exit code, or a signal as a negative number; what it printed; the changes that it made."""

    code: int
    out: bytes
    err: str
    changes: int


class Changes:
    """An audit hook that counts the changes of a folder, and acts before one of them.

    A change is a file opened for writing, a file or folder that is moved, made or removed.

    Parameters
    ----------
    folder : Path
        Other folders do not count, but relative names do: a folder is removed by these.
    at : int
        The change, from 0, before which `act` is called; -1 for none.
    act : callable
        It may raise OSError: the change then fails.
    removals : bool
        Whether what is removed counts.
    """

    def __init__(self, folder: Path, at: int = -1, act: Callable[[], None] = lambda: None, removals: bool = True):
        self.count = 0
        self._folder, self._at, self._act = os.fspath(folder), at, act
        self._events = (*MOVES, *REMOVALS) if removals else MOVES

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            if not (isinstance(arguments[2], int) and arguments[2] & WRITES):
                return
        elif event not in self._events:
            return
        path = arguments[0]
        if not isinstance(path, (str, os.PathLike)):
            return
        path = os.fspath(path)
        if os.path.isabs(path) and not path.startswith(self._folder):
            return
        self.count += 1
        if self.count - 1 == self._at:
            self._act()


def kill_self() -> None:
    """End this process as a power failure would."""
    os.kill(os.getpid(), signal.SIGKILL)


def forked(
    words: Sequence[object],
    changes: Changes | None = None,
    *,
    after_s: float = LONGEST_S,
    sign: int = signal.SIGKILL,
    prepare: Callable[[], None] = lambda: None,
) -> Outcome:
    """Run semscan with these words in a child; send it a signal after a time, if it still runs.

    `prepare` is called in the child before semscan is.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as count:
        child = os.fork()
        if not child:
            _run([str(word) for word in words], changes, prepare, out.fileno(), err.fileno(), count.fileno())
        status = _waited(child, after_s)
        if status is None:
            with suppress(ProcessLookupError):
                os.kill(child, sign)
            status = _waited(child, LONGEST_S)
        if status is None:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return Outcome(-signal.SIGALRM, b"", f"took over {LONGEST_S:g} s", 0)
        texts = []
        for file in (out, err, count):
            file.seek(0)
            texts.append(file.read())
        code = os.waitstatus_to_exitcode(status)
        return Outcome(code, texts[0], texts[1].decode("utf-8", "replace"), int(texts[2] or b"0"))


def _waited(child: int, seconds: float) -> int | None:
    """Return the status of a child that ends within some seconds, else None."""
    end = time.monotonic() + seconds
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        if time.monotonic() > end:
            return None
        time.sleep(0.01)


def _run(
    words: list[str], changes: Changes | None, prepare: Callable[[], None], out: int, err: int, count: int
) -> NoReturn:
    """Run semscan and end this process, with its output in open files."""
    code = 70
    try:
        for number, target in ((0, os.open(os.devnull, os.O_RDONLY)), (1, out), (2, err)):
            os.dup2(target, number)
        sys.stdout, sys.stderr = (io.TextIOWrapper(io.FileIO(number, "w")) for number in (1, 2))
        from semscan.cli.main import main
        from semscan.cli.signals import take_signals

        prepare()
        take_signals()
        if changes is not None:
            sys.addaudithook(changes)
        try:
            main(words)
        except SystemExit as ended:
            code = int(ended.code or 0)
        os.write(count, str(changes.count if changes else 0).encode())
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    finally:
        os._exit(code)
