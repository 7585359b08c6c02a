"""Report files to disk, never over a file that is not semscan's own, and the masks they are made from."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath, PurePosixPath

import cv2
import numpy as np

from semscan.errors import OutputError
from semscan.files.disk.atomic import write_bytes
from semscan.files.disk.plain_file import open_plain
from semscan.files.find.images import OWN_OUTPUT, InputImage
from semscan.files.results.finished_run import FinishedRun
from semscan.files.results.names import candidates, name_key
from semscan.values.record import AnyRecord, Record

# bytes at the beginning and the end of a file in which its mark is searched
HEAD = 512
TAIL = 64


def write_export(path: Path, data: bytes, mark: bytes) -> None:
    """Write a report file, in one piece, over an earlier one but over nothing else.

    Parameters
    ----------
    path : Path
        Target.
    data : bytes
        The whole content.
    mark : bytes
        What files of this form hold near their beginning or end when semscan wrote them.

    Raises
    ------
    OutputError
        If a file of somebody else is there, or it cannot be written.
    """
    check_ours(path, mark)
    write_bytes(path, data)


def check_ours(path: Path, mark: bytes) -> None:
    """Raise OutputError if a file is there that semscan did not write."""
    if not _is_ours(path, mark):
        raise OutputError(f"{path} is there and not as semscan wrote it; move it away, or choose another --out")


def read_mask(finished: FinishedRun, record: Record) -> np.ndarray | None:
    """Read the mask of an image, uint8 (rows, cols); None if it was not written or is gone or damaged."""
    path = finished.locate(record.outputs.mask)
    if path is None:
        return None
    try:
        return cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
    except (OSError, cv2.error):
        return None


def export_names(finished: FinishedRun) -> Iterator[tuple[Record, PurePosixPath]]:
    """Yield each inspected image's record with the name of its report files, below the output folder, no suffix.

    It is the name of its other outputs; an image without outputs gets a name that no other has.
    """
    stems = {record.source: _stem(finished, record) for record in finished.inspected}
    taken = {name_key(stem) for stem in stems.values() if stem is not None}
    for record in finished.inspected:
        stem = stems[record.source]
        if stem is None:
            free = candidates(InputImage(record.image, Path(record.source)), record.source)
            stem = next(name for name in free if name_key(name) not in taken)
            taken.add(name_key(stem))
        yield record, stem


def relative_path(source: str, folder: Path) -> str:
    """Return the path from a folder to a file, with forward slashes; the absolute path on another drive."""
    try:
        return PurePath(os.path.relpath(source, folder)).as_posix()
    except ValueError:
        return PurePath(source).as_posix()


def short_names(records: Sequence[AnyRecord]) -> list[str]:
    """Return each image's path below the innermost folder that holds them all, with forward slashes."""
    sources = [record.source for record in records]
    try:
        common = os.path.commonpath([os.path.dirname(source) for source in sources]) if sources else ""
    except ValueError:
        return [PurePath(source).as_posix() for source in sources]
    return [relative_path(source, Path(common)) for source in sources]


def _stem(finished: FinishedRun, record: Record) -> PurePosixPath | None:
    for written in record.outputs.paths:
        path = finished.locate(written)
        match = OWN_OUTPUT.search(path.name) if path else None
        if path and match:
            return PurePosixPath(path.with_name(path.name[: match.start()]).relative_to(finished.folder).as_posix())
    return None


def _is_ours(path: Path, mark: bytes) -> bool:
    try:
        with open_plain(path) as file:
            head = file.read(HEAD)
            file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL))
            return not head or mark in head or mark in file.read(TAIL)
    except FileNotFoundError:
        return True
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}); choose another --out") from error
