"""Names for outputs: from the source's own name to one that no other source can have."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path, PurePath, PurePosixPath

from semscan.files.find.images import OWN_OUTPUT, InputImage
from semscan.values.record import AnyRecord

LONGEST_NAME = 200  # bytes; systems take 255, the suffixes need some


def candidates(found: InputImage, source: str) -> Iterator[PurePosixPath]:
    """Yield the names for a source's outputs, best first, relative to the output folder, no suffix. Never ends."""
    place = found.below or PurePosixPath(found.path.name)
    for name in _names(place, source):
        yield place.with_name(_fitting(name))


def _names(place: PurePath, source: str) -> Iterator[str]:
    plain = place.name.removesuffix(place.suffix)
    if plain.strip("."):  # "..png" leaves a dot, which is no name
        yield plain
    yield place.name
    name = place.name
    for folder in reversed(PurePath(source).parts[1:-1]):
        name = f"{folder}_{name}"
        yield name
    last = f"{place.name}.{hashlib.sha256(_bytes(source)).hexdigest()[:12]}"
    yield last
    yield from (f"{last}.{number}" for number in count(2))


def _fitting(name: str) -> str:
    """Cut a name that leaves no room for a suffix; a few letters of its hash keep it its own."""
    encoded = _bytes(name)
    if len(encoded) <= LONGEST_NAME:
        return name
    kept = encoded[: LONGEST_NAME - 13].decode("utf-8", errors="ignore")
    return f"{kept}.{hashlib.sha256(encoded).hexdigest()[:12]}"


def name_key(stem: PurePath | str) -> str:
    """Return a name as the least strict file system compares it: without case and composition of letters."""
    return unicodedata.normalize("NFC", PurePath(stem).as_posix()).casefold()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", errors="surrogateescape")


def place_of(output: str, out: Path) -> PurePosixPath | None:
    """Return where one of semscan's outputs lies below the folder `out`, also when it was written from elsewhere."""
    try:
        parts = PurePath(os.path.relpath(os.path.abspath(output), os.path.abspath(out))).parts
    except ValueError:  # another drive of a Windows machine
        parts = ("..",)
    if ".." in parts:
        parts = PurePath(output).parts
        name = os.path.basename(os.path.abspath(out))
        tails = (parts[start:] for start in range(1, len(parts)) if parts[start - 1] == name)
        parts = next((tail for tail in tails if (out / Path(*tail)).exists()), ())
    return PurePosixPath(*parts) if parts and OWN_OUTPUT.search(parts[-1]) else None


def stem_of(place: PurePosixPath) -> PurePosixPath:
    """Return an output's place without its suffix.

    Examples
    --------
    >>> stem_of(PurePosixPath("bridge/a.b.map.tif"))
    PurePosixPath('bridge/a.b')
    """
    return PurePosixPath(place.parent, OWN_OUTPUT.sub("", place.name))


CROP_NAME = re.compile(r"\.crop\d+\.png$", re.IGNORECASE)


def files_of(record: AnyRecord, out: Path) -> list[PurePosixPath]:
    """Return the places below the folder `out` of all that a record names: its outputs, and those of earlier runs.

    Examples
    --------
    >>> from semscan.values.record import Outputs, Record
    >>> outputs = Outputs(mask="out/a.mask.png", crops=("out/a.crop001.png",), map="elsewhere/a.map.tif")
    >>> record = Record(image="a.png", source="/d/a.png", width=9, height=9, regions=(), outputs=outputs)
    >>> [str(place) for place in files_of(record, Path("out"))]
    ['a.mask.png', 'a.crop001.png']
    """
    paths = [*record.outputs.paths, *(record.earlier_outputs or ())]
    places = (place_of(path, out) for path in paths if "\0" not in path)
    return [place for place in places if place is not None]


def crops_in(folder: Path) -> Mapping[str, list[Path]]:
    """List the files in a folder with a crop's name, by the key of the name before the suffix."""
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
    """Return whether a place has a crop's name."""
    return CROP_NAME.search(place.name) is not None
