"""What the user named becomes saved maps, and a map's image is found again."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, BinaryIO

from semscan.files.find.images import InputError, InputImage, find_images, images_below
from semscan.files.find.matching import shared_end

MAP_SUFFIX = ".map.tif"


def find_maps(
    arguments: Sequence[str], *, stdin: BinaryIO | None = None, nul: bool = False
) -> Iterator[InputImage | InputError]:
    """Yield the maps that the arguments name, as `find_images` does; folders are searched for ``*.map.tif``."""
    for argument in arguments:
        if argument == "-" or not os.path.isdir(argument):
            yield from find_images([argument], stdin=stdin, nul=nul)
            continue
        folder = Path(argument)
        maps = sorted(path for path in folder.rglob("*" + MAP_SUFFIX) if path.is_file())
        for path in maps:
            yield InputImage(str(path), path, PurePosixPath(*path.relative_to(folder).parts))
        if not maps:
            yield InputError(argument, f"no *{MAP_SUFFIX} in this folder; give one that `semscan inspect` wrote to")


def image_of_map(path: Path, description: Mapping[str, Any], images: Path | None) -> Path | None:
    """Find the image a map was made from.

    Parameters
    ----------
    path : Path
        The map.
    description : mapping
        What it says of itself; its "source" is where the image was.
    images : Path or None
        A folder to search instead: the image of the same name below it, and of several the one
        in the most alike place. A map that says nothing is matched by its own name.

    Returns
    -------
    Path or None
        None if it is not there, or cannot be told from others.
    """
    source = description.get("source")
    source = PurePath(source) if isinstance(source, str) and source else None
    if images is None:
        return Path(source) if source is not None and Path(source).is_file() else None
    wanted = source or PurePath(str(path)[: -len(MAP_SUFFIX)])
    alike = [image for image in images_below(images) if (image.name if source else image.stem) == wanted.name]
    ranked = sorted(alike, key=lambda image: shared_end(image, wanted), reverse=True)
    shares = [shared_end(image, wanted) for image in ranked[:2]]
    return ranked[0] if len(shares) == 1 or (len(shares) == 2 and shares[0] > shares[1]) else None
