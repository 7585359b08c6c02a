"""Write a grey PNG file row by row, for a mask that is larger than memory."""

from __future__ import annotations

import struct
import zlib
from typing import BinaryIO

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"


class PngRows:
    """A PNG file of 8-bit grey levels that grows by rows.

    Parameters
    ----------
    file : binary file, empty, open for writing
    shape : (int, int)
        Rows and columns of the picture.
    """

    def __init__(self, file: BinaryIO, shape: tuple[int, int]) -> None:
        self._file = file
        self._packer = zlib.compressobj(1)
        file.write(SIGNATURE)
        self._chunk(b"IHDR", struct.pack(">IIBBBBB", shape[1], shape[0], 8, 0, 0, 0, 0))

    def push(self, rows: np.ndarray) -> None:
        """Append the next rows, uint8 (n, cols)."""
        filtered = np.zeros((rows.shape[0], rows.shape[1] + 1), np.uint8)  # each row begins with its filter: none
        filtered[:, 1:] = rows
        self._chunk(b"IDAT", self._packer.compress(filtered.data))

    def finish(self) -> None:
        """Write the end; all rows have come."""
        self._chunk(b"IDAT", self._packer.flush())
        self._chunk(b"IEND", b"")

    def _chunk(self, kind: bytes, data: bytes) -> None:
        if kind == b"IDAT" and not data:
            return
        self._file.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))
