"""Files that belong to an image by their name, and of several the one in the most similar place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePath

from semscan.files.find.listing import images_by_stem


def images_named_as(wanted: PurePath, folder: Path) -> Sequence[Path]:
    """Return the images below a folder that have a path's name; without one, those of its name but for the suffix."""
    same_stem = images_by_stem(folder).get(wanted.stem, ())
    return [path for path in same_stem if path.name == wanted.name] or same_stem


def in_most_similar_place(paths: Sequence[Path], wanted: PurePath) -> Sequence[Path]:
    """Return those of the paths that share the most folders with `wanted`, from the inside out.

    More than one are as similar as each other. Empty if there are no paths.

    Examples
    --------
    >>> paths = [Path("masks/die1/a.png"), Path("masks/die2/a.png")]
    >>> [path.as_posix() for path in in_most_similar_place(paths, PurePath("lot/die2/a.tif"))]
    ['masks/die2/a.png']
    """
    shared = [_shared_end(path, wanted) for path in paths]
    return [path for path, count in zip(paths, shared, strict=True) if count == max(shared)]


def _shared_end(path: PurePath, wanted: PurePath) -> int:
    """Return how many folders, from the inside out, two paths have in common."""
    count = 0
    for ours, theirs in zip(reversed(path.parts[:-1]), reversed(wanted.parts[:-1]), strict=False):
        if ours != theirs:
            break
        count += 1
    return count
