"""The directories of a BigTIFF file of tiles: what each page is and where its tiles lie.

tifffile writes the pages of a file one after the other, each from first to last tile. A pyramid of which all levels
grow at the same time, and of which tiles are read back meanwhile, needs its directories after the tiles.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

HEADER = struct.Struct("<2sHHHQ")
ENTRY = struct.Struct("<HHQ8s")
FIRST_PLACE = HEADER.size
# types of values: number in the file, format for struct
SHORT = (3, "H")
LONG = (4, "I")
LONG8 = (16, "Q")
ASCII = (2, "s")
REDUCED = 1  # value of NewSubfileType: a smaller version of the page before


@dataclass(frozen=True, slots=True)
class TileKind:
    """How the pixels of a page are stored, in the numbers of TIFF 6.0.

    `bits` is of one sample, `format` 1 for whole numbers and 3 for floats, `subsampling` that of YCbCr.
    """

    samples: int
    bits: int
    format: int
    photometric: int
    compression: int
    subsampling: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class TiledPage:
    """One page: rows and columns, and where its tiles of `tile` px lie in the file, row by row."""

    shape: tuple[int, int]
    tile: int
    offsets: Sequence[int]
    byte_counts: Sequence[int]


def write_header(file: BinaryIO, first_directory: int = 0) -> None:
    """Write the header of a BigTIFF file at its beginning."""
    file.seek(0)
    file.write(HEADER.pack(b"II", 43, 8, 0, first_directory))


def write_directories(file: BinaryIO, pages: Sequence[TiledPage], kind: TileKind, description: str) -> None:
    """Write the directories of all pages behind the tiles, the first one of the whole image, and the header."""
    first = 0
    link = 0  # where the place of the next directory is noted
    for number, page in enumerate(pages):
        place = _write_directory(file, _tags(page, kind, description if number == 0 else "", number > 0))
        if link:
            file.seek(link)
            file.write(struct.pack("<Q", place[0]))
        first = first or place[0]
        link = place[1]
    write_header(file, first)


def _tags(
    page: TiledPage, kind: TileKind, description: str, is_reduced: bool
) -> list[tuple[int, tuple[int, str], Sequence[int] | bytes]]:
    rows, cols = page.shape
    tags: list[tuple[int, tuple[int, str], Sequence[int] | bytes]] = [
        (254, LONG, [REDUCED if is_reduced else 0]),
        (256, LONG, [cols]),
        (257, LONG, [rows]),
        (258, SHORT, [kind.bits] * kind.samples),
        (259, SHORT, [kind.compression]),
        (262, SHORT, [kind.photometric]),
        (277, SHORT, [kind.samples]),
        (284, SHORT, [1]),
        (305, ASCII, b"semscan\0"),
        (322, LONG, [page.tile]),
        (323, LONG, [page.tile]),
        (324, LONG8, page.offsets),
        (325, LONG8, page.byte_counts),
        (339, SHORT, [kind.format] * kind.samples),
    ]
    if description:
        tags.append((270, ASCII, description.encode("ascii") + b"\0"))
    if kind.subsampling is not None:
        tags.append((530, SHORT, list(kind.subsampling)))
    return sorted(tags)


def _write_directory(
    file: BinaryIO, tags: Sequence[tuple[int, tuple[int, str], Sequence[int] | bytes]]
) -> tuple[int, int]:
    """Write one directory at the end of a file; return its place, and that of its link to the next one."""
    file.seek(0, 2)
    entries = []
    for tag, (number, form), values in tags:
        data = values if isinstance(values, bytes) else struct.pack(f"<{len(values)}{form}", *values)
        if len(data) > 8:
            where = _aligned(file)
            file.write(data)
            data = struct.pack("<Q", where)
        entries.append(ENTRY.pack(tag, number, len(values), data.ljust(8, b"\0")))
    place = _aligned(file)
    file.write(struct.pack("<Q", len(entries)) + b"".join(entries) + struct.pack("<Q", 0))
    return place, place + 8 + len(entries) * ENTRY.size


def _aligned(file: BinaryIO) -> int:
    """Go to the end of a file, at a multiple of 8 bytes, and return that place."""
    file.seek(0, 2)
    file.write(b"\0" * (-file.tell() % 8))
    return file.tell()
