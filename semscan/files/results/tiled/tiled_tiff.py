"""Write pictures that are larger than memory as tiled BigTIFF with overviews, as their rows come.

Each overview has half the sides of the one before, down to a single tile. Viewers of large images take the level they
need. Grey levels and maps are packed without loss, colours as JPEG.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

import cv2
import numpy as np

from semscan.errors import OutputError
from semscan.files.results.tiled.tiff_directory import FIRST_PLACE, TiledPage, TileKind, write_directories, write_header

TILE = 512  # px
JPEG_QUALITY = 85
DEFLATE, JPEG = 8, 7  # values of Compression
MIN_IS_BLACK, YCBCR = 1, 6  # values of PhotometricInterpretation


@dataclass(frozen=True, slots=True)
class TileFormat:
    """How tiles are packed and overviews made.

    `pack` takes a tile, (TILE, TILE) or (TILE, TILE, 3). `halve` takes rows and columns in even numbers.
    """

    dtype: type[np.generic]
    kind: TileKind
    pack: Callable[[np.ndarray], bytes]
    halve: Callable[[np.ndarray], np.ndarray]


def _deflated(tile: np.ndarray) -> bytes:
    # of noise only its zeros can be packed, which run-length matching does in a third of the time
    packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_RLE)
    little = tile.astype(tile.dtype.newbyteorder("<"), copy=False)
    return packer.compress(np.ascontiguousarray(little).data) + packer.flush()


def _jpeg(tile: np.ndarray) -> bytes:
    # colours in full resolution: outlines are one pixel wide
    sampling = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    packed, data = cv2.imencode(".jpg", tile, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY, *sampling])
    if not packed:
        raise OutputError("a tile of the overlay cannot be packed as JPEG; leave it out with --no-overlay")
    return data.tobytes()


def _largest(block: np.ndarray) -> np.ndarray:
    return np.maximum(np.maximum(block[::2, ::2], block[1::2, ::2]), np.maximum(block[::2, 1::2], block[1::2, 1::2]))


def _mean(block: np.ndarray) -> np.ndarray:
    return cv2.resize(block, (block.shape[1] // 2, block.shape[0] // 2), interpolation=cv2.INTER_AREA)


# the largest value counts in overviews of a map: a small defect is to be seen from afar
MAP_TILES = TileFormat(np.float32, TileKind(1, 32, 3, MIN_IS_BLACK, DEFLATE), _deflated, _largest)
GREY_TILES = TileFormat(np.uint8, TileKind(1, 8, 1, MIN_IS_BLACK, DEFLATE), _deflated, _mean)
DEEP_GREY_TILES = TileFormat(np.uint16, TileKind(1, 16, 1, MIN_IS_BLACK, DEFLATE), _deflated, _mean)
COLOUR_TILES = TileFormat(np.uint8, TileKind(3, 8, 1, YCBCR, JPEG, (1, 1)), _jpeg, _mean)


class TiledTiff:
    """A tiled BigTIFF file that grows by rows.

    Parameters
    ----------
    file : binary file, empty, open for writing and reading
    shape : (int, int)
        Rows and columns of the picture.
    form : TileFormat
        `MAP_TILES`, `GREY_TILES`, `DEEP_GREY_TILES` or `COLOUR_TILES`.
    description : str
        For ImageDescription; ASCII.
    """

    def __init__(self, file: BinaryIO, shape: tuple[int, int], form: TileFormat, description: str = "") -> None:
        self.shape = shape
        self._file = file
        self._form = form
        self._description = description
        write_header(file)
        self._end = FIRST_PLACE
        sides = [shape]
        while max(sides[-1]) > TILE:
            sides.append((-(-sides[-1][0] // 2), -(-sides[-1][1] // 2)))
        self._levels = [_Level(side, form) for side in sides]

    def push(self, rows: np.ndarray) -> None:
        """Append the next rows, (n, cols) or (n, cols, 3) as blue, green, red."""
        self._push(0, rows)

    def describe(self, description: str) -> None:
        """Set the description: it may be known only after the last row."""
        self._description = description

    def finish(self) -> None:
        """Write the directories; all rows have come."""
        pages = [TiledPage(level.shape, TILE, level.offsets, level.byte_counts) for level in self._levels]
        write_directories(self._file, pages, self._form.kind, self._description)

    def __getitem__(self, window: tuple[slice, slice]) -> np.ndarray:
        """Return a window of the rows that are written; only of losslessly packed tiles."""
        (top, bottom, _), (left, right, _) = (part.indices(n) for part, n in zip(window, self.shape, strict=True))
        values = np.empty((bottom - top, right - left), self._form.dtype)
        for down in range(top // TILE, -(-bottom // TILE)):
            for over in range(left // TILE, -(-right // TILE)):
                row, col = down * TILE, over * TILE
                rows = slice(max(top, row), min(bottom, row + TILE))
                cols = slice(max(left, col), min(right, col + TILE))
                tile = self._tile(down, over)[rows.start - row : rows.stop - row, cols.start - col : cols.stop - col]
                values[rows.start - top : rows.stop - top, cols.start - left : cols.stop - left] = tile
        return values

    def _tile(self, down: int, over: int) -> np.ndarray:
        level = self._levels[0]
        number = down * level.across + over
        self._file.seek(level.offsets[number])
        data = zlib.decompress(self._file.read(level.byte_counts[number]))
        little = np.dtype(self._form.dtype).newbyteorder("<")
        return np.frombuffer(data, little).reshape(TILE, TILE)

    def _push(self, number: int, rows: np.ndarray) -> None:
        level = self._levels[number]
        start = 0
        while start < len(rows):
            start += level.fill(rows[start:])
            if not level.is_full:
                break
            block = level.take()
            for over in range(level.across):
                self._append(level, self._form.pack(_padded(block[:, over * TILE : (over + 1) * TILE])))
            if number + 1 < len(self._levels):
                self._push(number + 1, self._form.halve(_even(block)))

    def _append(self, level: _Level, data: bytes) -> None:
        self._file.seek(self._end)
        self._file.write(data)
        level.offsets.append(self._end)
        level.byte_counts.append(len(data))
        self._end += len(data)


class _Level:
    """One level of the pyramid: the rows of its next row of tiles, and where its tiles lie."""

    def __init__(self, shape: tuple[int, int], form: TileFormat) -> None:
        self.shape = shape
        self.across = -(-shape[1] // TILE)
        self.offsets: list[int] = []
        self.byte_counts: list[int] = []
        colours = (form.kind.samples,) if form.kind.samples > 1 else ()
        self._rows = np.empty((min(TILE, shape[0]), shape[1], *colours), form.dtype)
        self._filled = 0
        self._left = shape[0]

    def fill(self, rows: np.ndarray) -> int:
        """Take as many rows as there is room for; return their number."""
        count = min(len(rows), len(self._rows) - self._filled, self._left - self._filled)
        if count <= 0:
            raise ValueError(f"more rows than the {self.shape[0]} of the picture")
        self._rows[self._filled : self._filled + count] = rows[:count]
        self._filled += count
        return count

    @property
    def is_full(self) -> bool:
        """True if a row of tiles can be written: it has all its rows, or the picture ends."""
        return self._filled in (TILE, self._left)

    def take(self) -> np.ndarray:
        """Return the rows for the next row of tiles, and begin another one."""
        rows = self._rows[: self._filled]
        self._left -= self._filled
        self._filled = 0
        return rows


def _padded(part: np.ndarray) -> np.ndarray:
    """Return a whole tile; beyond the picture its last pixels are repeated."""
    down, right = TILE - part.shape[0], TILE - part.shape[1]
    if not down and not right:
        return part
    return np.pad(part, ((0, down), (0, right), *[(0, 0)] * (part.ndim - 2)), mode="edge")


def _even(block: np.ndarray) -> np.ndarray:
    down, right = (side % 2 for side in block.shape[:2])
    if not down and not right:
        return block
    return np.pad(block, ((0, down), (0, right), *[(0, 0)] * (block.ndim - 2)), mode="edge")
