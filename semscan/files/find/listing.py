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
MOST_KEPT = 4
State = tuple[int, int, int, int] | None  # device, inode, times of change; None: it cannot be looked at


@dataclass(frozen=True, slots=True)
class _Listing:
    """What lay below a folder; `states` are those of every folder in it."""

    by_stem: Mapping[str, Sequence[Path]]
    states: Mapping[str, State]
    began_ns: int

    def holds(self) -> bool:
        """True if no folder has changed since, and none had changed just before it was read."""
        for folder, state in self.states.items():
            if state is None or max(state[2:]) > self.began_ns - SETTLED_NS or _state(folder) != state:
                return False
        return True


_kept: dict[Path, _Listing] = {}
_one_at_a_time = Lock()


def images_by_stem(folder: Path) -> Mapping[str, Sequence[Path]]:
    """List the images below a folder, sorted, by their names without suffix.

    The folder is read again only when the state of a folder in it has changed: ten thousand images ask for
    the price of one look at each folder.

    Parameters
    ----------
    folder : Path
        Searched by the rules of `semscan.files.find.images.images_below`.

    Returns
    -------
    mapping of str to sequence of Path
    """
    with _one_at_a_time:
        listing = _kept.pop(folder, None)
        if listing is None or not listing.holds():
            listing = _read(folder)
        _kept[folder] = listing
        if len(_kept) > MOST_KEPT:
            del _kept[next(iter(_kept))]  # the one asked for longest ago
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
        now = os.stat(folder)
    except OSError:
        return None
    return now.st_dev, now.st_ino, now.st_mtime_ns, now.st_ctime_ns
