"""Which reference belongs to which image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePath

from semscan.errors import BadImageError
from semscan.files.find.listing import images_by_stem
from semscan.files.find.matching import shared_end


def reference_of(source: str, folder: Path) -> Path:
    """Find the reference of an image by its name.

    The image below `folder` that has the same name; without one, the same name but for the suffix. Of
    several, the one whose folders are alike the furthest, from the inside out.

    Parameters
    ----------
    source : str
        The inspected image's path.
    folder : Path
        Where the references are.

    Raises
    ------
    BadImageError
        If there is none, or several that cannot be told apart.
    """
    wanted = PurePath(source)
    same_stem = images_by_stem(folder).get(wanted.stem, ())
    alike = [path for path in same_stem if path.name == wanted.name] or same_stem
    if not alike:
        raise BadImageError(
            f"{source}: no reference called {wanted.name} below {folder}; put one there, or name one file"
        )
    ranked = sorted(alike, key=lambda path: -shared_end(path, wanted))
    if len(ranked) > 1 and shared_end(ranked[0], wanted) == shared_end(ranked[1], wanted):
        raise BadImageError(
            f"{source}: {_two(ranked)} below {folder} are both called so; give folders of the same names, or one file"
        )
    return ranked[0]


def _two(paths: Sequence[Path]) -> str:
    return f"{paths[0]} and {paths[1]}"
