"""Find images as they come into a folder, as a microscope drops them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from semscan.errors import UsageFault
from semscan.files.find.images import InputError, InputImage, images_below

POLL_SECONDS = 1.0  # folders on a network share do not report changes: they are listed again
SETTLED_SECONDS = 2.0  # a file that has not changed for so long is complete


def follow_folders(
    folders: Sequence[str], *, skip: Path | None = None, poll: float = POLL_SECONDS, settled: float = SETTLED_SECONDS
) -> Iterator[InputImage | InputError]:
    """Yield the images below folders that are there, then those that come or change; never ends.

    An image is yielded once its size and time of change have stayed the same for `settled` seconds, and again when
    they change later. A folder that cannot be read is yielded once as an `InputError`, and tried again.

    Parameters
    ----------
    folders : sequence of str
        As typed.
    skip : Path, optional
        The output folder; see `find_images`.
    poll, settled : float
        Seconds between two looks; seconds after which a file is complete.

    Raises
    ------
    UsageFault
        If one of `folders` is no folder.
    """
    for name in folders:
        if not os.path.isdir(name):
            raise UsageFault(f"--follow wants folders, {name!r} is none; name the folder into which images come")
    return _follow(folders, skip, poll, settled)


def _follow(
    folders: Sequence[str], skip: Path | None, poll: float, settled: float
) -> Iterator[InputImage | InputError]:
    seen: dict[str, tuple[tuple[int, int], float]] = {}  # by path: size and time of change, and since when
    yielded: dict[str, tuple[int, int]] = {}
    unreadable: set[str] = set()
    while True:
        for name in folders:
            problems: list[OSError] = []
            for path in images_below(Path(name), skip=skip, problems=problems):
                if _is_complete(path, seen, yielded, settled):
                    yield InputImage(str(path), path, PurePosixPath(*path.relative_to(name).parts))
            for problem in problems:
                if str(problem.filename) not in unreadable:
                    unreadable.add(str(problem.filename))
                    yield InputError(str(problem.filename), f"the folder cannot be read ({problem.strerror})")
        time.sleep(poll)


def _is_complete(
    path: Path,
    seen: dict[str, tuple[tuple[int, int], float]],
    yielded: dict[str, tuple[int, int]],
    settled: float,
) -> bool:
    """Return True once for each state of a file that has lasted long enough."""
    try:
        status = path.stat()
    except OSError:  # gone again
        return False
    key, now, state = str(path), time.monotonic(), (status.st_size, status.st_mtime_ns)
    if yielded.get(key) == state:
        return False
    if key not in seen and time.time() - status.st_mtime > settled:
        since = now - settled  # it was there before
    else:
        since = seen[key][1] if key in seen and seen[key][0] == state else now
    seen[key] = (state, since)
    if now - since < settled or status.st_size == 0:
        return False
    del seen[key]
    yielded[key] = state
    return True
