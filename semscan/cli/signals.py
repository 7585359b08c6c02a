"""How signals end a command: as Ctrl-C does, with what is finished on record; a second one ends it at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from semscan.cli.exit_codes import USAGE

_ENDING = ("SIGTERM", "SIGHUP")  # of a shell or a scheduler that ends the job, and of a terminal that was closed


class Ended(KeyboardInterrupt):
    """A signal that ends the command. `code` is the exit code: 128 and the number of the signal."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.name = signal.Signals(number).name
        self.code = 128 + number


class _Handler:
    """Raise `Ended` for the first signal, and leave the process at the second."""

    def __init__(self) -> None:
        self.code: int | None = None

    def __call__(self, number: int, frame: FrameType | None) -> NoReturn:
        if self.code is not None:
            os._exit(128 + number)  # no clean-up: what is written is whole, and the journal has the records
        self.code = 128 + number
        raise Ended(number)


def take_signals() -> None:
    """Let SIGTERM and SIGHUP end the command as Ctrl-C does; a signal that the process ignores stays ignored."""
    if threading.current_thread() is not threading.main_thread():
        return
    handler = _Handler()
    for name in ("SIGINT", *_ENDING):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, handler)


def end_process(code: int) -> NoReturn:
    """End with an exit code; a process that could not write HDF5 ends without clean-up, in which h5py would crash."""
    leave_at_signals(code)
    if code == USAGE and "h5py" in sys.modules:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):
                stream.flush()
        os._exit(code)
    sys.exit(code)


def leave_at_signals(code: int) -> None:
    """From here on, any signal ends the process at once, with an exit code that is settled."""
    if threading.current_thread() is not threading.main_thread():
        return
    for name in ("SIGINT", *_ENDING):
        number = getattr(signal, name, None)
        if number is not None and isinstance(signal.getsignal(number), _Handler):
            signal.signal(number, lambda *_: os._exit(code))
