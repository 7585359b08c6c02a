"""The images below a folder by name, as they are now: a lot asks for each of its images."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from semscan.files.find.images import images_below

SETTLED_NS = 2_000_000_000  # two changes closer than this may have the same time: FAT counts in 2 s
MAX_LISTINGS = 4
State = tuple[int, int, int, int] | None  # device, inode, times of change; None: the folder has no readable status


@dataclass(frozen=True, slots=True)
class _Listing:
    """What lay below a folder; `states` are those of every folder in it."""

    by_stem: Mapping[str, Sequence[Path]]
    states: Mapping[str, State]
    began_ns: int

    def is_current(self) -> bool:
        """Return True if no folder has changed since, and none had changed just before it was read."""
        for folder, state in self.states.items():
            if state is None or max(state[2:]) > self.began_ns - SETTLED_NS or _state(folder) != state:
                return False
        return True


_listings: dict[Path, _Listing] = {}
_lock = Lock()


def images_by_stem(folder: Path) -> Mapping[str, Sequence[Path]]:
    """Return the images below a folder, sorted, by their names without suffix.

    The folder is read again only when the state of a folder in it has changed: a lookup for each of ten thousand
    images then costs one `stat` for each folder.

    Parameters
    ----------
    folder : Path
        Searched by the rules of `semscan.files.find.images.images_below`.

    Returns
    -------
    mapping of str to sequence of Path
    """
    with _lock:
        listing = _listings.pop(folder, None)
        if listing is None or not listing.is_current():
            listing = _read(folder)
        _listings[folder] = listing
        if len(_listings) > MAX_LISTINGS:
            del _listings[next(iter(_listings))]  # the one asked for longest ago
        return listing.by_stem


def _read(folder: Path) -> _Listing:
    began = time.time_ns()
    states: dict[str, State] = {}
    problems: list[OSError] = []
    by_stem: dict[str, list[Path]] = {}
    for path in images_below(folder, problems=problems, entered=lambda name: states.update({name: _state(name)})):
        by_stem.setdefault(path.stem, []).append(path)
    states |= {str(problem.filename): _state(str(problem.filename)) for problem in problems}
    return _Listing(by_stem, states, began)


def _state(folder: str) -> State:
    try:
        status = os.stat(folder)
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_ctime_ns
