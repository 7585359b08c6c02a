"""Run the command line inside this process, and say how it ended and what it took."""

from __future__ import annotations

import contextlib
import io
import resource
import signal
import sys
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

FINE_CODES = (0, 1, 2, 3)
_CLEAR = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")


class TooSlow(BaseException):
    """A command took longer than its limit; no `Exception`, so that nothing in between catches it."""


@dataclass(frozen=True)
class Ended:
    """How a command ended: exit code, output as text, seconds, and MiB that it took beyond what was there."""

    code: int
    out: str
    err: str
    seconds: float
    grown_mib: float
    faults: tuple[str, ...] = field(default=())


def run(arguments: Sequence[object], *, limit_s: float = 60.0, most_mib: float = 300.0, stdin: bytes = b"") -> Ended:
    """Run semscan as if the arguments had been typed; `faults` names what must not happen."""
    from semscan.cli.main import main

    words = [str(word) for word in arguments]
    out, came_in = (io.TextIOWrapper(io.BytesIO(data), "utf-8", "surrogateescape") for data in (b"", stdin))
    err = io.TextIOWrapper(io.BytesIO(), "utf-8", "backslashreplace")  # as Python opens it
    faults: list[str] = []
    code = -1
    before = _start_peak()
    began = time.monotonic()
    try:
        with _limited(limit_s), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), _standing_in(came_in):
            warnings.simplefilter("ignore")  # as in a process of its own, a library's warning is not an error
            main(words)
    except SystemExit as ended:
        code = int(ended.code or 0)
    except TooSlow:
        faults.append(f"took over {limit_s:g} s")
    except BaseException as error:
        faults.append(f"raised {type(error).__name__}: {error}")
    seconds = time.monotonic() - began
    grown = _peak_mib() - before
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode("utf-8", "replace"))
    if not faults and code not in FINE_CODES:
        faults.append(f"exit code {code}")
    faults += [f"says {words!r}" for words in ("Traceback", "internal fault") if any(words in text for text in texts)]
    if grown > most_mib:
        faults.append(f"took {grown:.0f} MiB")
    return Ended(code, *texts, seconds, grown, tuple(faults))


@contextlib.contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Raise TooSlow in the main thread after `seconds`."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: object) -> None:
        raise TooSlow

    earlier = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, earlier)


@contextlib.contextmanager
def _standing_in(stream: io.TextIOWrapper) -> Iterator[None]:
    earlier, sys.stdin = sys.stdin, stream
    try:
        with warnings.catch_warnings():
            yield
    finally:
        sys.stdin = earlier


def _start_peak() -> float:
    """Forget the peak of memory so far, where the system can; return what is in use, in MiB."""
    with contextlib.suppress(OSError):
        _CLEAR.write_text("5", "ascii")
    return _peak_mib()


def _peak_mib() -> float:
    with contextlib.suppress(OSError, IndexError):
        return int(_STATUS.read_text("ascii").split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
