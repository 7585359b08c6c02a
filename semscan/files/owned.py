"""Which files of an output folder a record calls its own, and which lie there."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from semscan.files.names import name_key, place_of

EARLIER = "earlier_outputs"  # in a record: files of earlier runs of the same image that are still there
CROP_NAME = re.compile(r"\.crop\d+\.png$", re.IGNORECASE)


def listed(record: Mapping[str, Any], out: Path) -> list[PurePosixPath]:
    """Places below the folder `out` of all that a record names: its outputs, and those of earlier runs.

    Examples
    --------
    >>> outputs = {"mask": "out/a.mask.png", "crops": ["out/a.crop1.png"], "map": "elsewhere/a.map.tif"}
    >>> [str(place) for place in listed({"outputs": outputs, EARLIER: ["out/a.overlay.png"]}, Path("out"))]
    ['a.mask.png', 'a.crop1.png', 'a.overlay.png']
    """
    outputs = record.get("outputs")
    values = [*(outputs.values() if isinstance(outputs, dict) else ()), record.get(EARLIER)]
    places = (place_of(path, out) for path in _texts(values))
    return [place for place in places if place is not None]


def crops_in(folder: Path) -> Mapping[str, list[Path]]:
    """The files in a folder with a crop's name, whoever made them, by the key of the name before the suffix."""
    found = defaultdict(list)
    try:
        names = sorted(os.listdir(folder))
    except OSError:  # not there yet
        names = []
    for name in names:
        match = CROP_NAME.search(name)
        if match:
            found[name_key(name[: match.start()])].append(folder / name)
    return found


def is_crop(place: PurePosixPath) -> bool:
    """True for a place with a crop's name."""
    return CROP_NAME.search(place.name) is not None


def _texts(value: Any) -> Iterator[str]:
    for each in value if isinstance(value, list) else (value,):
        if isinstance(each, list):
            yield from _texts(each)
        elif isinstance(each, str) and "\0" not in each:
            yield each
