"""Results to standard output, messages to standard error."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable

import click

from semscan.cli.options.verbosity import verbosity
from semscan.errors import OutputError

_CLOSED_PIPE = (errno.EPIPE, errno.EINVAL, errno.ESHUTDOWN)  # EINVAL: on Windows


class ClosedPipe(Exception):
    """The reader of standard output has closed the pipe."""


def print_result(line: str) -> None:
    """Write one line to standard output as UTF-8, and flush it.

    Bytes of a name that are no UTF-8 are written as ``\\udc..``.

    Raises
    ------
    ClosedPipe
        If the reader has closed the pipe.
    OutputError
        If it cannot be written for another reason.
    """
    try:
        click.echo(line.encode("utf-8", errors="backslashreplace"))
    except OSError as error:
        if error.errno in _CLOSED_PIPE:
            raise ClosedPipe from error
        raise OutputError(f"standard output cannot be written ({error.strerror}); free some space") from error


def print_results(lines: Iterable[str]) -> None:
    """Write each line as soon as it is available; see `print_result`."""
    for line in lines:
        print_result(line)


def detach_stdout() -> None:
    """Point standard output to the null device, so that the flush at exit does not meet the closed pipe."""
    null_device = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null_device, sys.stdout.fileno())


def print_message(text: str) -> None:
    """Print text to standard error, unless -q was given."""
    if verbosity() >= 0:
        click.echo(text, err=True)


def print_notice(text: str | None) -> None:
    """Print text to standard error after the program's name, unless it is empty or -q was given."""
    if text:
        print_message(f"semscan: {text}")
