"""Read windows of a grey TIFF page, so that a large image is never held as a whole.

A page lies in its file in tiles or strips. Of an uncompressed page, only the bytes of a window are read. Of a
compressed one, the tiles or strips that a window touches are unpacked; the last ones are kept for the next window.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import tifffile

from semscan.errors import BadImageError
from semscan.files.images.decode import COPY_AGAIN, check_size, short_reason
from semscan.files.images.tiff import check_sides, checked_pages, is_plain, vendor_tags
from semscan.files.microscopes.readers import read_tags
from semscan.plane import span
from semscan.settings import MAX_IMAGE_PIXELS

UNCOMPRESSED = 1
MIN_IS_WHITE = 0
MIN_IS_BLACK = 1
STREAMED_DTYPES = (np.dtype(np.uint8), np.dtype(np.uint16), np.dtype(np.float32))
KEPT_BYTES = 96 << 20  # of unpacked tiles; more where one row of windows needs more
ROWS_OF_WINDOWS = 2048  # px: height of a row of windows, for strips
LARGEST_SEGMENT = 256 << 20  # bytes: a larger tile or strip is no better than the whole image


class TiffWindows:
    """One page of a TIFF file as a plane of which windows are read; see `semscan.plane.Plane`.

    Parameters
    ----------
    tiff : tifffile.TiffFile
        Closed with this.
    page : int
        From 0; grey, as `open_windows` checks it.
    pages : int
        Of the file.

    Attributes
    ----------
    shape : (int, int)
    dtype : numpy.dtype
        uint8, uint16 or float32, native byte order.
    inverted : bool
        Whether 0 is white in the file; in windows it is black.
    microscope : MicroscopeMetadata or None
        What the tags state.
    """

    def __init__(self, tiff: tifffile.TiffFile, page: int, pages: int = 1) -> None:
        self._tiff = tiff
        self._page: Any = tiff.pages[page]
        self.pages = pages
        self.shape: tuple[int, int] = self._page.shape
        self.dtype = np.dtype(self._page.dtype).newbyteorder("=")
        self._stored = np.dtype(self._page.dtype).newbyteorder(self._tiff.byteorder)
        self.inverted = int(self._page.photometric) == MIN_IS_WHITE
        tiled = bool(self._page.is_tiled)
        self._tile = (
            (self._page.tilelength, self._page.tilewidth) if tiled else (self._page.rowsperstrip, self.shape[1])
        )
        self._tile = (min(self._tile[0], self.shape[0]) if not tiled else self._tile[0], self._tile[1])
        self.microscope = read_tags(vendor_tags(self._page), *self.shape)
        self._across = -(-self.shape[1] // self._tile[1])
        self._kept: OrderedDict[int, np.ndarray] = OrderedDict()
        band = 0 if tiled else (ROWS_OF_WINDOWS + self._tile[0]) * self.shape[1] * self.dtype.itemsize
        self._most_kept = max(KEPT_BYTES, band)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tiff.close()

    @property
    def segment_bytes(self) -> int:
        """Bytes of one unpacked tile or strip; 0 for a page that need not be unpacked."""
        if int(self._page.compression) == UNCOMPRESSED:
            return 0
        return self._tile[0] * self._tile[1] * self.dtype.itemsize

    def __getitem__(self, window: tuple[slice, slice]) -> np.ndarray:
        """Return a window; raises BadImageError if the file is damaged there."""
        (top, bottom), (left, right) = (span(part, side) for part, side in zip(window, self.shape, strict=True))
        values = np.empty((bottom - top, right - left), self.dtype)
        high, wide = self._tile
        for down in range(top // high, -(-bottom // high)):
            for over in range(left // wide, -(-right // wide)):
                rows = slice(max(top, down * high), min(bottom, (down + 1) * high))
                cols = slice(max(left, over * wide), min(right, (over + 1) * wide))
                inner = (
                    slice(rows.start - down * high, rows.stop - down * high),
                    slice(cols.start - over * wide, cols.stop - over * wide),
                )
                part = values[rows.start - top : rows.stop - top, cols.start - left : cols.stop - left]
                part[:] = self._part(down * self._across + over, inner)
        if self.inverted:
            np.subtract(np.iinfo(self.dtype).max, values, out=values)
        return values

    def _part(self, number: int, inner: tuple[slice, slice]) -> np.ndarray:
        """Return a part of one tile or strip."""
        if number >= len(self._page.dataoffsets):
            raise BadImageError(f"this TIFF file is damaged, it lacks tile {number}; {COPY_AGAIN}")
        if int(self._page.compression) == UNCOMPRESSED and self._page.databytecounts[number]:
            return self._stored_part(number, inner)
        rows, cols = inner
        part = self._unpacked(number)[inner]
        if part.shape != (rows.stop - rows.start, cols.stop - cols.start):
            raise self._damaged(number, "too few pixels")
        return part

    def _stored_part(self, number: int, inner: tuple[slice, slice]) -> np.ndarray:
        """Read the bytes of some rows and columns of an uncompressed tile or strip."""
        rows, cols = inner
        item = self.dtype.itemsize
        start = self._page.dataoffsets[number] + (rows.start * self._tile[1] + cols.start) * item
        length = ((rows.stop - 1 - rows.start) * self._tile[1] + cols.stop - cols.start) * item
        whole = cols.stop - cols.start == self._tile[1]
        handle = self._tiff.filehandle
        if whole:
            data = self._bytes(handle, start, length)
        else:  # of wide strips only these columns are read
            step = self._tile[1] * item
            one = (cols.stop - cols.start) * item
            data = b"".join(self._bytes(handle, start + k * step, one) for k in range(rows.stop - rows.start))
        return np.frombuffer(data, self._stored).reshape(rows.stop - rows.start, cols.stop - cols.start)

    @staticmethod
    def _bytes(handle: Any, start: int, length: int) -> bytes:
        try:
            handle.seek(start)
            data: bytes = handle.read(length)
        except OSError as error:
            raise BadImageError(f"cannot be read ({error.strerror or error}); check the disk") from error
        if len(data) < length:
            raise BadImageError(f"this TIFF file is cut short at byte {start + len(data)}; {COPY_AGAIN}")
        return data

    def _unpacked(self, number: int) -> np.ndarray:
        """Return a whole tile or strip, unpacked."""
        found = self._kept.get(number)
        if found is not None:
            self._kept.move_to_end(number)
            return found
        while self._kept and (len(self._kept) + 1) * self.segment_bytes > self._most_kept:
            self._kept.popitem(last=False)
        self._kept[number] = self._unpack(number)
        return self._kept[number]

    def _unpack(self, number: int) -> np.ndarray:
        size = self._page.databytecounts[number]
        if size == 0:  # a tile that its writer left out
            return np.zeros(self._tile, self.dtype)
        data = self._bytes(self._tiff.filehandle, self._page.dataoffsets[number], size)
        try:
            decoded = self._page.decode(data, number)[0]
        except BadImageError:
            raise
        except Exception as error:  # a damaged tile can raise almost anything
            raise self._damaged(number, short_reason(error)) from error
        if decoded is None:
            raise self._damaged(number, "nothing in it")
        return np.asarray(decoded, self.dtype).reshape(decoded.shape[-3:-1])

    def _damaged(self, number: int, reason: str) -> BadImageError:
        row, col = number // self._across * self._tile[0], number % self._across * self._tile[1]
        return BadImageError(f"this TIFF file is damaged around row {row}, column {col} ({reason}); {COPY_AGAIN}")


def open_windows(path: Path, page: int, above: int, most: int = MAX_IMAGE_PIXELS) -> TiffWindows | None:
    """Open a page of a TIFF file of more than `above` pixels, to read it in windows; None if it cannot be read so.

    `most` is the largest number of pixels that is read.

    Raises
    ------
    BadImageError
        If the file is cut short, has no such page, or the page has too many pixels.
    """
    with path.open("rb") as file:
        pages = checked_pages(file, page)
    tiff = tifffile.TiffFile(path)
    try:
        if _is_streamed(tiff.pages[page], above, most):
            windows = TiffWindows(tiff, page, pages)
            if windows.segment_bytes <= LARGEST_SEGMENT:
                return windows
    except BaseException:
        tiff.close()
        raise
    tiff.close()
    return None


def _is_streamed(page: Any, above: int, most: int) -> bool:
    check_sides(page)
    if page.axes != "YX" or page.shape[0] * page.shape[1] <= above or not is_plain(page):
        return False
    check_size(page.shape[0], page.shape[1], most)
    grey = int(page.photometric) in (MIN_IS_WHITE, MIN_IS_BLACK)
    inverted_float = int(page.photometric) == MIN_IS_WHITE and page.dtype.kind == "f"
    return grey and not inverted_float and np.dtype(page.dtype).newbyteorder("=") in STREAMED_DTYPES
