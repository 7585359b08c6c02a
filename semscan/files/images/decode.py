"""Decode PNG, JPEG and BMP bytes as arrays. A file that is cut short or damaged is refused, never half read.

OpenCV answers a truncated PNG or JPEG with half an image and no error, so a PNG is checked
chunk by chunk first, and JPEG and BMP go through Pillow, which refuses them. PNG stays with
OpenCV because Pillow takes 16-bit colour down to 8 bits.
"""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import PIL  # noqa: F401  its version alone, for run.json; what decodes is imported on use

from semscan.errors import BadImageError
from semscan.files.disk import library_messages  # noqa: F401
from semscan.files.disk.claims import COPY_AGAIN, DEFLATE, check_claim
from semscan.files.microscopes.metadata import MicroscopeMetadata
from semscan.phrases import one_line
from semscan.settings import MAX_IMAGE_PIXELS, MIN_IMAGE_SIDE

if TYPE_CHECKING:
    from PIL import Image

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_CHECKED = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
KEPT_MODES = ("1", "L", "LA", "I", "I;16", "I;16L", "I;16B", "I;16N", "F", "RGB", "RGBA")
MAX_PIXELS_PER_JPEG_BYTE = 8 * 64  # a block of 64 takes a bit or more
MAX_PIXELS_PER_BMP_BYTE = 128  # a run of 255 takes 2 bytes
PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
PNG_BITS = (1, 2, 4, 8, 16)


@dataclass(frozen=True, slots=True)
class Decoded:
    """One image as its format holds it, before it is brought to one grey plane.

    `array` has shape (rows, cols) or (rows, cols, channels), channels as grey, grey+alpha, RGB
    or RGB+alpha. `palette` is uint8 (entries, 3) when `array` holds indices. `inverted` means
    that 0 is white; `white` is then the value of black. `microscope` is what the file's own tags state of it.
    """

    array: np.ndarray
    format: str
    palette: np.ndarray | None = None
    inverted: bool = False
    white: int | None = None
    pages: int = 1
    microscope: MicroscopeMetadata | None = None
    warnings: tuple[str, ...] = ()


def check_size(rows: int, cols: int, most: int = MAX_IMAGE_PIXELS) -> None:
    """Raise BadImageError if an image of this size, as its header states it, is too small or too large to read."""
    if min(rows, cols) < MIN_IMAGE_SIDE:
        raise BadImageError(
            f"the image is {cols} x {rows} pixels, at least {MIN_IMAGE_SIDE} x {MIN_IMAGE_SIDE} are needed; "
            "give the whole image"
        )
    if rows * cols > most:
        raise BadImageError(
            f"its header states {cols} x {rows} pixels, at most {most} are read; if it is as large as that, give "
            f"--max-pixels {rows * cols}"
        )


def without_pixels(shape: tuple[int, ...], dtype: np.dtype | type) -> np.ndarray:
    """Return an array of a shape that takes no memory, for a file of which only the header is wanted."""
    return np.broadcast_to(np.zeros(1, dtype), shape)


def decode_png(data: bytes, most: int = MAX_IMAGE_PIXELS, *, header_only: bool = False) -> Decoded:
    """Decode a whole PNG file; raises BadImageError if it is truncated, damaged, or has more than `most` pixels."""
    cols, rows, bits, channels, held = _check_png(data)
    check_size(rows, cols, most)
    check_claim(rows * (-(-cols * bits * channels // 8) + 1), held, DEFLATE)
    if header_only:
        shape = (rows, cols) if channels == 1 else (rows, cols, channels)
        return Decoded(without_pixels(shape, np.uint16 if bits == 16 else np.uint8), "PNG")
    try:
        array = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:  # also where an array of this size is beyond OpenCV
        raise BadImageError(f"this PNG file cannot be unpacked ({short_reason(error)}); {COPY_AGAIN}") from error
    if array is None or array.shape[:2] != (rows, cols):
        raise BadImageError(f"this PNG file is damaged, its pixels cannot be unpacked; {COPY_AGAIN}")
    if array.ndim == 3 and array.shape[2] >= 3:  # OpenCV's blue, green, red ends here
        array = cv2.cvtColor(array, cv2.COLOR_BGR2RGB if array.shape[2] == 3 else cv2.COLOR_BGRA2RGBA)
    return Decoded(array, "PNG")


def _check_png(data: bytes) -> tuple[int, int, int, int, int]:
    """Check the lengths and checksums of the chunks up to IEND.

    Return width, height, bits of a channel, channels and the bytes of compressed pixels.
    """
    size: tuple[int, int, int, int] | None = None
    held = 0
    place = len(PNG_SIGNATURE)
    view = memoryview(data)
    while True:
        if place + 12 > len(data):
            raise BadImageError(f"this PNG file is cut short after {len(data)} bytes; {COPY_AGAIN}")
        length, kind = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length
        if end > len(data):
            raise BadImageError(f"this PNG file is cut short after {len(data)} bytes; {COPY_AGAIN}")
        checksum = int.from_bytes(data[end - 4 : end], "big")
        if kind in PNG_CHECKED and zlib.crc32(view[place + 4 : end - 4]) != checksum:
            raise BadImageError(f"this PNG file is damaged (checksum of {kind.decode()} is wrong); {COPY_AGAIN}")
        if kind == b"IHDR" and length >= 13:
            cols, rows, bits, colour = struct.unpack_from(">IIBB", data, place + 8)
            if bits not in PNG_BITS or colour not in PNG_CHANNELS:
                raise BadImageError(
                    f"this PNG file is damaged (its header states {bits} bits of colour type {colour}); {COPY_AGAIN}"
                )
            size = cols, rows, bits, PNG_CHANNELS[colour]
        held += length if kind == b"IDAT" else 0
        if kind == b"IEND" or size is None:
            break
        place = end
    if size is None:
        raise BadImageError(f"this PNG file is damaged, it does not start with its header; {COPY_AGAIN}")
    return (*size, held)


def decode_with_pillow(data: bytes, name: str, most: int = MAX_IMAGE_PIXELS, *, header_only: bool = False) -> Decoded:
    """Decode a whole JPEG or BMP file (`name` is the one it claims to be); raises BadImageError."""
    from semscan.files.images.pillow import PILLOW_FAULTS, Image

    try:
        with Image.open(io.BytesIO(data), formats=(name,)) as picture:
            check_size(picture.height, picture.width, most)
            claimed = (MAX_PIXELS_PER_JPEG_BYTE if name == "JPEG" else MAX_PIXELS_PER_BMP_BYTE) * len(data)
            if picture.height * picture.width > claimed:
                raise BadImageError(  # libjpeg would fill up with grey, however many pixels that are
                    f"this {name} file claims {picture.width} x {picture.height} pixels, too many for its "
                    f"{len(data)} bytes; {COPY_AGAIN}"
                )
            if header_only:
                channels = len(picture.getbands())
                shape = (picture.height, picture.width) if channels == 1 else (picture.height, picture.width, channels)
                return Decoded(without_pixels(shape, np.uint8), name)
            picture.load()
            return from_pillow(picture, name)
    except BadImageError:
        raise
    except PILLOW_FAULTS as error:
        raise BadImageError(
            f"this {name} file is cut short or damaged ({short_reason(error)}); {COPY_AGAIN}"
        ) from error


def from_pillow(picture: Image.Image, name: str) -> Decoded:
    """Return a loaded Pillow picture's pixels as they are; other modes than `KEPT_MODES` become RGB."""
    palette = None
    if picture.mode == "P":
        colours = (picture.getpalette("RGB") or [])[: 256 * 3]
        palette = np.asarray(colours, np.uint8).reshape(-1, 3)
    elif picture.mode not in KEPT_MODES:
        picture = picture.convert("RGB")
    array = np.asarray(picture)
    return Decoded(array.astype(array.dtype.newbyteorder("=")), name, palette)


def short_reason(error: BaseException) -> str:
    """Return a library's message as one short line."""
    return one_line(error, 120) or type(error).__name__
