"""Lines to standard output, words to standard error."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable

import click

from semscan.cli.options import verbosity
from semscan.errors import OutputError

_GONE = (errno.EPIPE, errno.EINVAL, errno.ESHUTDOWN)  # EINVAL: how Windows says it


class ClosedPipe(Exception):
    """Whoever read standard output has had enough."""


def emit(line: str) -> None:
    """Write one line to standard output as UTF-8, at once.

    Raises
    ------
    ClosedPipe
        If nobody reads any more.
    OutputError
        If it cannot be written for another reason.
    """
    try:
        click.echo(line.encode("utf-8", errors="surrogateescape"))
    except OSError as error:
        if error.errno in _GONE:
            raise ClosedPipe from error
        raise OutputError(f"standard output cannot be written ({error.strerror}); free some space") from error


def emit_all(lines: Iterable[str]) -> None:
    """Write each line as soon as it is there; see `emit`."""
    for line in lines:
        emit(line)


def let_go_of_stdout() -> None:
    """Point standard output nowhere, so that Python's last flush at exit finds no closed pipe."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


def announce(words: str | None) -> None:
    """Say beforehand what will be done, if there is anything to say."""
    if words:
        say(f"semscan: {words}")


def say(words: str) -> None:
    """Words on standard error, unless -q was given."""
    if verbosity() >= 0:
        click.echo(words, err=True)
