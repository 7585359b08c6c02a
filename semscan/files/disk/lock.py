"""Let one process at a time work on a file, with a lock that the system takes back when its holder dies.

The `filelock` package would not do here. The locked file is the data itself, read and appended to while it is held;
filelock locks a separate file, leaves it in the folder, and where the file system has no locks it falls back on a file
that a killed run would leave locked. Here an empty file is removed while it is still held, and a file system without
locks (some NFS) is used without.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from semscan.errors import OutputError
from semscan.files.disk.plain_file import NotPlainError

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]
    import msvcrt

UNREAD_BYTE = 1 << 30  # Windows locks bytes, not files: this one lies beyond the content
RETRY_SECONDS = 0.05


@contextmanager
def locked(path: Path) -> Iterator[BinaryIO]:
    """Open `path` for reading and appending, held by this process alone.

    The file is created if it is missing, and removed again if it is empty at the end.

    Raises
    ------
    OutputError
        If it cannot be opened.
    """
    file = _open_locked(path)
    with file:
        yield file
        file.flush()
        empty = file.seek(0, os.SEEK_END) == 0
        if empty and os.name != "nt":
            path.unlink(missing_ok=True)  # while still held: nobody can have written to it
    if empty and os.name == "nt":
        with suppress(OSError):  # another process has it open: that one removes it
            path.unlink()


def try_lock(file: BinaryIO) -> bool:
    """Lock an open file for this process alone until it is closed; return False if another process holds it.

    On a file system without locks the answer is always True.
    """
    try:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            place = file.tell()
            file.seek(UNREAD_BYTE)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            file.seek(place)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True
    return True


def _open_locked(path: Path) -> BinaryIO:
    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(path) and not path.is_file():
                raise NotPlainError(f"{path.name} in it is not a plain file")
            file = path.open("a+b")
        except OSError as error:
            raise OutputError(
                f"{path.parent}: cannot be used as an output folder ({error.strerror}); choose another --out"
            ) from error
        _wait_for(file)
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), os.stat(path)):
                return file
        file.close()  # its last holder removed it while we waited: take the new one


def _wait_for(file: BinaryIO) -> None:
    if fcntl is not None:
        with suppress(OSError):  # a file system without locks: go on, as there is no other way
            fcntl.flock(file, fcntl.LOCK_EX)
        return
    while True:
        file.seek(UNREAD_BYTE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            return
        except OSError:
            time.sleep(RETRY_SECONDS)
