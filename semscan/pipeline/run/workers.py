"""Worker processes: an image that crashes, hangs or exhausts memory costs that image and nothing else.

Each worker has a pipe of its own. Executors whose workers share one queue and its lock (`concurrent.futures`, Pebble)
end as a whole, or wait for ever, when a worker is killed at the wrong moment.
"""

from __future__ import annotations

import logging
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from semscan.pipeline.run.interrupts import without_interrupts
from semscan.pipeline.run.limits import resident

log = logging.getLogger(__name__)

Task = TypeVar("Task")
Result = TypeVar("Result")
TRIES = 3  # processes that may end at one task: the system may have ended the first for another program's sake
STARTS = 5  # processes that may end before they are ready
PATIENCE = 3.0  # seconds that a process has to end by itself
LOOK_SECONDS = 0.1  # between two looks at the memory of a process


class WorkerLost(Exception):
    """A task whose process did not answer; the message says why."""


class RunEnded(Exception):
    """A task that was given up because the run ends."""


class Workers(Generic[Task, Result]):
    """Processes that apply one function to tasks, each to one at a time.

    As a context it ends them. A process starts with its first task, and again after it was lost.

    Parameters
    ----------
    act : callable
        Can be pickled. ``act.prepare()`` is called once in each process, before the first task.
    jobs : int
        Number of processes; `do` is called from at most so many threads at a time.
    memory : int or None
        Largest memory of each process, bytes.
    """

    def __init__(self, act: Any, jobs: int, memory: int | None = None) -> None:
        self._all = [_Worker(act, memory) for _ in range(jobs)]
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        for worker in self._all:
            self._idle.put(worker)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end()
        for worker in self._all:
            worker.wait()

    def end(self) -> None:
        """Tell all processes to end now; tasks in work are given up, and `do` raises RunEnded."""
        for worker in self._all:
            worker.end()

    def do(self, task: Task, seconds: float | None = None) -> Result:
        """Apply the function to one task, in at most `seconds`; raises WorkerLost, or what the function raises."""
        worker = self._idle.get()
        try:
            result: Result = worker.do(task, seconds)
            return result
        finally:
            self._idle.put(worker)


class _Worker:
    """One process and the pipe to it."""

    def __init__(self, act: Any, memory: int | None) -> None:
        self._arguments = (act, log.isEnabledFor(logging.DEBUG))
        self._memory = memory
        self._process: Any = None
        self._pipe: Connection | None = None
        self._ended = False

    def do(self, task: Any, seconds: float | None) -> Any:
        for _ in range(TRIES):
            try:
                pipe = self._started()
                pipe.send(task)
                self._wait_for_answer(pipe, seconds)
                result = pipe.recv()
            except (EOFError, OSError) as error:
                reason = self._stop()
                if self._ended:
                    raise RunEnded from error
                continue
            if isinstance(result, Exception):
                raise result
            return result
        raise WorkerLost(f"the process that inspected it {reason}, {TRIES} times; check the file")

    def end(self) -> None:
        """Tell the process to end now; the task in work is given up."""
        self._ended = True
        process = self._process  # the thread that waits for it may let go of it
        if process is not None:
            process.terminate()

    def wait(self) -> None:
        """Wait until the process has ended."""
        if self._process is not None:
            self._stop()

    def _wait_for_answer(self, pipe: Connection, seconds: float | None) -> None:
        """Wait until the process answers or has ended; end it and raise WorkerLost if it takes too much."""
        until = None if seconds is None else time.monotonic() + seconds
        while not pipe.poll(LOOK_SECONDS if until is None else max(0.0, min(LOOK_SECONDS, until - time.monotonic()))):
            if self._memory is not None and resident(self._process.pid) > self._memory:
                self._stop(patience=0)
                limit = f"{self._memory / (1 << 20):.0f} MiB"
                raise WorkerLost(f"takes more than {limit} of memory; check the file, or give more with --max-memory")
            if until is not None and time.monotonic() >= until:
                self._stop(patience=0)
                raise WorkerLost(f"not done after {seconds:g} s; check the file, or give more time with --timeout")

    def _started(self) -> Connection:
        """Return the pipe to a process that is ready for a task."""
        reason = ""
        for _ in range(STARTS):
            if self._pipe is not None:
                return self._pipe
            if self._ended:
                raise RunEnded
            try:
                self._start()
            except (EOFError, OSError):
                reason = self._stop()
        raise WorkerLost(f"no process could be started for it: the last one {reason}; start semscan again")

    def _start(self) -> None:
        context = get_context("spawn")  # a fork would copy the threads of the numerical libraries in any state
        pipe, other = context.Pipe()
        process = context.Process(target=_serve, args=(other, *self._arguments), daemon=True)
        with without_interrupts():
            process.start()
        self._process, self._pipe = process, pipe
        other.close()
        first = pipe.recv()
        if isinstance(first, Exception):
            raise first

    def _stop(self, patience: float = PATIENCE) -> str:
        """End the process, if it has not ended by itself within `patience` seconds; return how it ended."""
        process, pipe = self._process, self._pipe
        self._process = self._pipe = None
        if pipe is not None:
            pipe.close()
        if process is None:
            return "did not start"
        process.join(patience)
        if process.exitcode is None:
            process.kill()
            process.join()
        return _ending(process.exitcode)


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with code {code}"
    with suppress(ValueError):
        return f"was ended by {signal.Signals(-code).name}"
    return f"was ended by signal {-code}"


def _serve(pipe: Connection, act: Any, debug: bool) -> None:
    """Answer tasks until the pipe closes: what a worker process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process ends the others
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # leaves no half file
    if debug:
        logging.basicConfig(format="%(name)s: %(message)s")
        logging.getLogger("semscan").setLevel(logging.DEBUG)
    try:
        with suppress(EOFError, BrokenPipeError, ConnectionResetError):  # the first process was killed
            pipe.send(_answer(act.prepare))
            while True:
                task = pipe.recv()
                pipe.send(_answer(act, task))
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # an exit during the exit would be printed


def _answer(step: Callable[..., Any], *arguments: Any) -> Any:
    """Return what a step returns or raises."""
    try:
        return step(*arguments)
    except Exception as error:
        return error
