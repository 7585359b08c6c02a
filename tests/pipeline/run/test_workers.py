"""A process that is lost costs its task and nothing else."""

import atexit
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from semscan.errors import BadModelError
from semscan.pipeline.run.workers import STARTS, TRIES, WorkerLost, Workers

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
linux = pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="only Linux says what a process holds")


class Worker:
    """Does what a task says: returns a number, ends its process, waits, takes memory, or counts in a file."""

    def __init__(self, fault=None):
        self.fault = fault

    def prepare(self):
        if isinstance(self.fault, Exception):
            raise self.fault
        if self.fault == "die":
            os.kill(os.getpid(), signal.SIGKILL)

    def __call__(self, task):
        what, value = task
        if what == "square":
            return value * value
        if what == "raise":
            raise ValueError(value)
        if what == "die":
            os.kill(os.getpid(), value)
        if what == "die once":
            if not value.exists():
                value.write_text("")
                os.kill(os.getpid(), signal.SIGKILL)
            return "the second time"
        if what == "signal at exit":
            atexit.register(os.kill, os.getpid(), signal.SIGTERM)
            return None
        if what == "take":
            taken = bytearray(value)
            time.sleep(30)
            return len(taken)
        time.sleep(value)
        return None


def test_tasks_are_done_in_other_processes_each_in_turn():
    with Workers(Worker(), jobs=2) as workers, ThreadPoolExecutor(2) as threads:
        assert list(threads.map(lambda n: workers.do(("square", n)), range(6))) == [0, 1, 4, 9, 16, 25]


def test_what_the_function_raises_is_raised_here_and_the_process_goes_on():
    with Workers(Worker(), jobs=1) as workers:
        with pytest.raises(ValueError, match="odd"):
            workers.do(("raise", "odd"))
        assert workers.do(("square", 3)) == 9


@posix
def test_a_task_that_ends_its_process_is_lost_with_the_reason_and_the_next_one_is_done():
    with Workers(Worker(), jobs=1) as workers:
        with pytest.raises(WorkerLost, match=rf"was ended by SIGSEGV, {TRIES} times"):
            workers.do(("die", signal.SIGSEGV))
        assert workers.do(("square", 3)) == 9


@posix
def test_a_task_whose_process_was_ended_from_outside_is_done_again(tmp_path):
    with Workers(Worker(), jobs=1) as workers:
        assert workers.do(("die once", tmp_path / "been")) == "the second time"


def test_a_task_that_hangs_is_lost_after_its_time():
    with Workers(Worker(), jobs=1) as workers:
        with pytest.raises(WorkerLost, match=r"not done after 0.2 s; check the file, or give more time with --timeout"):
            workers.do(("sleep", 60), seconds=0.2)
        assert workers.do(("square", 3), seconds=60) == 9


@linux
def test_a_task_that_takes_too_much_memory_is_lost():
    with Workers(Worker(), jobs=1, memory=256 << 20) as workers:
        with pytest.raises(WorkerLost, match="takes more than 256 MiB of memory"):
            workers.do(("take", 400 << 20))
        assert workers.do(("square", 3)) == 9


def test_a_process_that_cannot_begin_raises_its_reason():
    with Workers(Worker(BadModelError("m: no model")), 1) as workers, pytest.raises(BadModelError, match="m: no model"):
        workers.do(("square", 3))


@posix
def test_processes_that_all_end_at_once_are_not_started_for_ever():
    with Workers(Worker("die"), jobs=1) as workers, pytest.raises(WorkerLost, match="no process could be started"):
        workers.do(("square", 3))
    assert STARTS < 10


@posix
def test_leaving_early_ends_the_processes_and_their_tasks():
    began = time.monotonic()
    with ThreadPoolExecutor(1) as threads, Workers(Worker(), jobs=1) as workers:
        workers.do(("square", 1))
        threads.submit(workers.do, ("sleep", 120))
        time.sleep(0.3)
    assert time.monotonic() - began < 60  # it would have slept for 120


@posix
def test_a_second_signal_while_a_process_ends_prints_nothing(capfd):
    with Workers(Worker(), jobs=1) as workers:
        workers.do(("signal at exit", None))
    assert capfd.readouterr().err == ""
