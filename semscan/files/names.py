"""Names for outputs: from the source's own name to one that cannot be taken."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Iterator
from itertools import count
from pathlib import Path, PurePath, PurePosixPath

from semscan.files.find import OWN_OUTPUT, Found

LONGEST_NAME = 200  # bytes; systems take 255, the suffixes need some


def candidates(found: Found, source: str) -> Iterator[PurePosixPath]:
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
    """Return a name as the least particular file system sees it: letters' case and composition aside."""
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
        parts, name = PurePath(output).parts, os.path.basename(os.path.abspath(out))
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
