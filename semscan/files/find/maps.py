"""Which saved maps the names on the command line mean, and which image a map was made from."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath, PurePosixPath
from typing import BinaryIO

from semscan.files.find.images import InputError, InputImage, find_images
from semscan.files.find.listing import images_by_stem
from semscan.files.find.matching import in_most_similar_place

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


def image_of_map(path: Path, source: str | None, images: Path | None) -> Path | None:
    """Find the image a map was made from.

    Parameters
    ----------
    path : Path
        The map.
    source : str or None
        Where the image was; None if the map does not say.
    images : Path or None
        A folder to search instead. The image below it has the name of the source; without a source, the map's
        own name and any suffix. Of several, it is the one in the most similar place.

    Returns
    -------
    Path or None
        None if the image is not there, or several are in equally similar places.
    """
    if images is None:
        return Path(source) if source and os.path.isfile(source) else None
    wanted = PurePath(source or str(path)[: -len(MAP_SUFFIX)])
    if source:
        named = [image for image in images_by_stem(images).get(wanted.stem, ()) if image.name == wanted.name]
    else:
        named = list(images_by_stem(images).get(wanted.name, ()))
    matches = in_most_similar_place(named, wanted)
    return matches[0] if len(matches) == 1 else None
