"""Write results to disk, each file in one piece: a reader or a crash finds the old file or the new one.

Everything goes through `write_bytes`, or through `replacing` where a file is larger than memory: a temporary file in
the target's own folder, flushed to the disk, then renamed over the target. OpenCV and tifffile only encode bytes, so a
path may hold any character that the system allows.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import tifffile

from semscan.errors import OutputError
from semscan.files.disk import library_messages  # noqa: F401
from semscan.files.disk.encode import png_bytes
from semscan.files.disk.temporary import temporary_path
from semscan.phrases import one_line


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` to `path` in one piece, and create its folder if it is missing.

    Parameters
    ----------
    path : Path
        Target. An existing file is replaced; a folder is not.
    data : bytes
        The whole content.

    Raises
    ------
    OutputError
        If it cannot be written. The old file is then still there, untouched.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "new" / "a.txt"
    >>> write_bytes(target, b"hello")
    >>> target.read_bytes()
    b'hello'
    """
    write_chunks(path, (data,))


def make_folder(path: Path) -> None:
    """Make a folder and those above it, unless it is there; raise OutputError if that cannot be done."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(_why_not_written(path, error)) from error


def write_chunks(path: Path, chunks: Iterable[bytes]) -> None:
    """Write the chunks to `path` one after the other, in one piece as `write_bytes`; one at a time is in memory."""
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, chunks)
    except OutputError:  # of the chunks
        raise
    except OSError as error:
        raise OutputError(_why_not_written(path, error)) from error


def _replace(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a temporary file next to `path` and move it there, or leave nothing behind."""
    with _replacing(path) as file:
        file.writelines(chunks)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write, and to read again, which takes the place of `path` at the end of the block.

    For files that are too large for `write_bytes`. However the block is left otherwise, nothing is left behind.

    Raises
    ------
    OutputError
        If the file cannot be made, written or moved. The old file is then still there, untouched.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _replacing(path) as file:
            yield file
    except OutputError:  # of what is written
        raise
    except OSError as error:
        raise OutputError(_why_not_written(path, error)) from error


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    temporary = temporary_path(path.parent)
    try:
        with temporary.open("x+b") as file:  # "x" and no mkstemp: the user's own umask applies
            yield cast(BinaryIO, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:  # also Ctrl-C: leave no half file behind
        temporary.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 with Unix line ends, in one piece; raise OutputError as `write_bytes`."""
    write_bytes(path, text.encode("utf-8", errors="backslashreplace"))


def remove_file(path: Path) -> bool:
    """Remove a file and return True if there was one; raise OutputError if it cannot be removed."""
    try:
        Path(path).unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise OutputError(_why_not_written(Path(path), error)) from error
    return True


def write_png(path: Path, array: np.ndarray) -> None:
    """Write a picture as PNG, in one piece.

    Parameters
    ----------
    path : Path
        Target.
    array : ndarray of uint8 or uint16, shape (rows, cols) or (rows, cols, 3)
        Grey, or colour in OpenCV's order: blue, green, red.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    write_bytes(path, png_bytes(array))


def write_tiff_grey(path: Path, pixels: np.ndarray) -> None:
    """Write a grey picture, uint8 or uint16 of shape (rows, cols), as TIFF, zlib-compressed, in one piece.

    Raise OutputError if it cannot be written.
    """
    buffer = io.BytesIO()
    tifffile.imwrite(
        buffer,
        np.ascontiguousarray(pixels),
        photometric="minisblack",
        compression="zlib",
        compressionargs={"level": 1},
        metadata=None,
        software="semscan",
    )
    write_bytes(path, buffer.getvalue())


def _why_not_written(path: Path, error: OSError) -> str:
    reason = reason_of(error)
    if isinstance(error, PermissionError):
        return f"{path}: not allowed to write here ({reason}); close it elsewhere, or choose another --out"
    return f"{path}: cannot be written ({reason}); free some space, or choose another --out"


def reason_of(error: BaseException) -> str:
    """Return the reason of an error as one line of at most 160 characters."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return one_line(text, 160) or type(error).__name__
