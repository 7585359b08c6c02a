"""Which reference belongs to which image."""

from __future__ import annotations

from pathlib import Path, PurePath

from semscan.errors import BadImageError
from semscan.files.find.matching import images_named_as, in_most_similar_place


def reference_of(source: str, folder: Path) -> Path:
    """Find the reference of an image by its name.

    It is the image below `folder` that has the same name; without one, the same name but for the suffix. Of
    several, it is the one that shares the most folders with the image, from the inside out.

    Parameters
    ----------
    source : str
        The inspected image's path.
    folder : Path
        Where the references are.

    Raises
    ------
    BadImageError
        If there is none, or several in equally similar places.
    """
    wanted = PurePath(source)
    references = in_most_similar_place(images_named_as(wanted, folder), wanted)
    if not references:
        raise BadImageError(
            f"{source}: no reference called {wanted.name} below {folder}; put one there, or name one file"
        )
    if len(references) > 1:
        raise BadImageError(
            f"{source}: {references[0]} and {references[1]} below {folder} are both called so; "
            "give folders of the same names, or one file"
        )
    return references[0]
