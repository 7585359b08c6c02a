"""Image files that once took minutes, gigabytes or an internal fault: built by code, each under 20 KB."""

from __future__ import annotations

import io
import lzma
import struct
import zlib
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

LETTERS = {"B": 1, "H": 3, "I": 4}  # of struct, and the type that TIFF calls so
SIDE = 30000
Entries = Mapping[int, tuple[str, Sequence[int]]]


def past_failures() -> dict[str, bytes]:
    """Return the files by name; each name says what was wrong."""
    blank = bytes(4_000_000)
    strip = np.tile((128 + 60 * np.sin(np.arange(9000) / 6)).astype(np.uint8)[:, None], (1, 16))
    file = io.BytesIO()
    Image.fromarray(strip).save(file, "JPEG", quality=30)
    return {
        "uncompressed.tif": claiming_tiff(1, bytes(4000)),
        "deflate.tif": claiming_tiff(8, zlib.compress(blank)),
        "packbits.tif": claiming_tiff(32773, b"\x81\x05" * 2000),
        "lzma.tif": claiming_tiff(34925, lzma.compress(blank)),
        "lzw.tif": claiming_tiff(5, b"\x80\0\0" * 1000),
        "jpeg.tif": claiming_tiff(7, b"\xff\xd8\xff" * 1000),
        "one-tile.tif": claiming_tiff(
            1, bytes(4000), {322: ("I", [16]), 323: ("I", [16]), 324: ("I", [8]), 325: ("I", [256])}
        ),
        "tiles-of-a-pixel.tif": claiming_tiff(
            1, bytes(4000), {322: ("I", [1]), 323: ("I", [1]), 324: ("I", [8]), 325: ("I", [1])}
        ),
        "one-row-strips.tif": claiming_tiff(1, bytes(4000), {278: ("I", [1])}),
        "many-channels.tif": claiming_tiff(
            1, bytes(4000), {256: ("I", [1000]), 257: ("I", [1000]), 277: ("H", [60000])}
        ),
        "size-of-bytes.tif": claiming_tiff(1, bytes(4000), {256: ("B", [64]), 257: ("I", [1_329_906_110])}),
        "one-strip-often.tif": _overlapping_strips(),
        "directories-in-each-other.tif": _overlapping_directories(),
        "header-alone.png": png(32000, 32000, 16, 6, bytes(1000)),
        "odd-bits.png": png(64, 64, 7, 0, bytes(65 * 64)),
        "long-runs.bmp": _claiming_bmp(),
        "strip.jpg": file.getvalue(),
    }


def tiff(entries: Entries, pixels: bytes = b"") -> bytes:
    """Return a little-endian TIFF of one directory, tag -> (letter of struct, values); its pixels begin at byte 8."""
    values_at = 8 + len(pixels) + 2 + 12 * len(entries) + 4
    directory, values = struct.pack("<H", len(entries)), b""
    for tag, (letter, numbers) in sorted(entries.items()):
        packed = struct.pack(f"<{len(numbers)}{letter}", *numbers)
        if len(packed) > 4:
            packed, values = struct.pack("<I", values_at + len(values)), values + packed
        directory += struct.pack("<HHI", tag, LETTERS[letter], len(numbers)) + packed.ljust(4, b"\0")
    return b"II*\0" + struct.pack("<I", 8 + len(pixels)) + pixels + directory + bytes(4) + values


def claiming_tiff(compression: int, pixels: bytes, more: Entries | None = None) -> bytes:
    """Return a TIFF of one strip of `pixels`, whose directory states `SIDE` x `SIDE` of them."""
    entries: dict[int, tuple[str, Sequence[int]]] = {
        **{256: ("I", [SIDE]), 257: ("I", [SIDE]), 258: ("H", [8]), 259: ("H", [compression]), 262: ("H", [1])},
        **{273: ("I", [8]), 277: ("H", [1]), 278: ("I", [SIDE]), 279: ("I", [len(pixels)])},
    }
    return tiff(entries | dict(more or {}), pixels)


def png(cols: int, rows: int, bits: int, colour: int, unpacked: bytes) -> bytes:
    """Return a PNG with this header, and `unpacked` as its pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", cols, rows, bits, colour, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(unpacked, 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, body) for kind, body in chunks)


def _overlapping_strips() -> bytes:
    """Return a TIFF in which each of 1,000 rows is the same strip of 4,000 bytes."""
    rows = {278: ("I", [1]), 273: ("I", [8] * 1000), 279: ("I", [4000] * 1000)}
    return claiming_tiff(32773, b"\0\x05" * 2000, {256: ("I", [1000]), 257: ("I", [1000]), **rows})


def _overlapping_directories() -> bytes:
    """Return a TIFF of 2,700 pages of 500 tags each, of which each begins 6 bytes before the next."""
    pages, tags = 2700, 500
    step = 6
    data = bytearray(8 + 2 * pages * step)
    struct.pack_into("<4sI", data, 0, b"II*\0", 8)
    length = 2 + 12 * tags
    data += bytes(length + 64)
    for page in range(pages):
        start = 8 + page * step
        struct.pack_into("<H", data, start, tags)
        following = start + step if page + 1 < pages else 0
        struct.pack_into("<I", data, start + length, following)
    return bytes(data)


def _claiming_bmp() -> bytes:
    """Return a BMP of 4,000 bytes of runs that states 30,000 x 30,000 pixels."""
    pixels, palette = b"\xff\x05" * 2000, b"\0\0\0\0" * 256
    header = struct.pack("<IiiHHIIiiII", 40, SIDE, SIDE, 1, 8, 1, len(pixels), 0, 0, 256, 0)
    start = 14 + len(header) + len(palette)
    return struct.pack("<2sIHHI", b"BM", start + len(pixels), 0, 0, start) + header + palette + pixels
