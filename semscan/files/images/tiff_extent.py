"""Check that a TIFF file is as long as its directories state: every directory, tag value and strip lies inside it.

tifffile's `dataoffsets` and `databytecounts` are not enough for this: it passes over a directory or a tag value that
lies beyond the end. Of an LZW file whose directory is at the end, it accepts most truncations, and of four pages with
the last directory lost it reports three.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from semscan.errors import BadImageError
from semscan.files.disk.claims import COPY_AGAIN, MOST_OVERLAP

TYPE_BYTES = dict(enumerate((1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4), start=1)) | {16: 8, 17: 8, 18: 8}
UNSIGNED_TYPES = (3, 4, 13, 16)
# tags: of strips, of tiles
OFFSETS = (273, 324)
BYTE_COUNTS = (279, 325)
MAX_PAGES = 100_000
MAX_TAGS = 4096


def count_pages(file: BinaryIO) -> int:
    """Follow all directories of a TIFF file and return the number of pages.

    Raises
    ------
    BadImageError
        If a directory, a tag's value or a strip lies beyond the end of the file, or there is no page.
    """
    structure = _Structure.of(file)
    place = structure.first_directory()
    visited: set[int] = set()
    read = 0
    while place:
        if place in visited or len(visited) >= MAX_PAGES:
            raise BadImageError(f"this TIFF file is damaged, its pages run in a circle; {COPY_AGAIN}")
        visited.add(place)
        place, length = structure.check_directory(place)
        read += length
        if read > MOST_OVERLAP * structure.size:  # else a small file takes minutes
            raise BadImageError(f"this TIFF file is damaged, its directories overlap; {COPY_AGAIN}")
    if not visited:
        raise BadImageError(f"this TIFF file has no page; {COPY_AGAIN}")
    return len(visited)


@dataclass(frozen=True, slots=True)
class _Structure:
    """A TIFF file and how its numbers are written: `order` as for struct, `big` True for BigTIFF."""

    file: BinaryIO
    size: int
    order: str
    big: bool

    @classmethod
    def of(cls, file: BinaryIO) -> _Structure:
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        head = file.read(4)
        return cls(file, size, "<" if head[:2] == b"II" else ">", head[2:4] in (b"+\0", b"\0+"))

    def first_directory(self) -> int:
        return self._number(8 if self.big else 4, self._place_format)

    def check_directory(self, start: int) -> tuple[int, int]:
        """Check one directory and its strips; return where the next one starts, 0 at the last, and the bytes read."""
        count_format = "Q" if self.big else "H"
        entry = struct.Struct(self.order + ("HHQ8s" if self.big else "HHI4s"))
        tags = self._number(start, count_format)
        if tags > MAX_TAGS:
            raise BadImageError(f"this TIFF file is damaged, it claims {tags} tags for a page; {COPY_AGAIN}")
        first_entry = start + struct.calcsize(count_format)
        read = tags * entry.size
        values: dict[int, np.ndarray] = {}
        for tag, kind, count, field in entry.iter_unpack(self._bytes(first_entry, tags * entry.size)):
            data = self._value(tag, kind, count, field)
            if data is not None:
                read += len(data)
                values[tag] = np.frombuffer(data, f"{self.order}u{TYPE_BYTES[kind]}").astype(np.float64)
        self._check_strips(values)
        return self._number(first_entry + tags * entry.size, self._place_format), read

    def _value(self, tag: int, kind: int, count: int, field: bytes) -> bytes | None:
        """Check that a tag's value lies in the file; return it if it is about strips or tiles."""
        length = TYPE_BYTES.get(kind, 0) * count
        inline = length <= len(field)
        (where,) = struct.unpack(self.order + self._place_format, field)
        if not inline and where + length > self.size:
            raise self._cut_short()
        if tag not in OFFSETS + BYTE_COUNTS or kind not in UNSIGNED_TYPES:
            return None
        return field[:length] if inline else self._bytes(where, length)

    def _check_strips(self, values: dict[int, np.ndarray]) -> None:
        for offsets_tag, counts_tag in zip(OFFSETS, BYTE_COUNTS, strict=True):
            offsets = values.get(offsets_tag)
            counts = values.get(counts_tag)
            if offsets is None or counts is None or offsets.shape != counts.shape:
                continue
            ends = offsets + counts  # float64: no overflow, exact below 2**53
            if ends.size and ends.max() > self.size:
                raise self._cut_short()

    @property
    def _place_format(self) -> str:
        return "Q" if self.big else "I"

    def _number(self, place: int, form: str) -> int:
        form = self.order + form
        number: tuple[Any, ...] = struct.unpack(form, self._bytes(place, struct.calcsize(form)))
        return int(number[0])

    def _bytes(self, place: int, length: int) -> bytes:
        if place + length > self.size:
            raise self._cut_short()
        self.file.seek(place)
        return self.file.read(length)

    def _cut_short(self) -> BadImageError:
        return BadImageError(f"this TIFF file is cut short after {self.size} bytes; {COPY_AGAIN}")
