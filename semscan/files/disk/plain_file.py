"""Read a file that someone else may have put there: a pipe never blocks, a huge file never fills the memory."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

NOT_PLAIN = "not a plain file"
LONGEST_LINE = 64 << 20  # bytes: a record of 100,000 regions has about 60 million
_AT_ONCE = getattr(os, "O_NONBLOCK", 0)  # without it, opening a pipe would wait for a writer


class NotPlainError(OSError):
    """What is no plain file, or too large to read; `strerror` completes a sentence that starts with its name."""

    def __init__(self, reason: str) -> None:
        super().__init__(None, reason)
        self.strerror = reason


@contextmanager
def open_plain(path: Path | str) -> Iterator[BinaryIO]:
    """Open a plain file for reading; raise NotPlainError for a pipe, a device or a folder, else OSError."""
    try:
        opened = open(path, "rb", opener=lambda name, flags: os.open(name, flags | _AT_ONCE))  # noqa: SIM115
    except IsADirectoryError as error:
        raise NotPlainError(NOT_PLAIN) from error
    with opened as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise NotPlainError(NOT_PLAIN)
        yield file


def read_plain(path: Path | str, largest: int) -> bytes:
    """Return the bytes of a plain file of at most `largest` bytes; raise NotPlainError for any other, else OSError.

    Examples
    --------
    >>> read_plain(os.devnull, 100)
    Traceback (most recent call last):
    semscan.files.disk.plain_file.NotPlainError: [Errno None] not a plain file
    """
    with open_plain(path) as file:
        data = file.read(largest + 1)
    if len(data) > largest:
        raise NotPlainError(f"too large, at most {largest} bytes are read")
    return data


def read_lines(path: Path | str) -> Iterator[bytes]:
    """Yield the lines of a plain file with their ends; raise NotPlainError where one is too long, else OSError."""
    with open_plain(path) as file:
        while line := file.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE:
                raise NotPlainError(f"not made of lines of at most {LONGEST_LINE} bytes")
            yield line
