"""One page of a TIFF file becomes an array, with what its tags say.

The file is walked first: every directory, tag value and strip must lie inside it, so a file
that lost its end is refused whatever was lost. tifffile then decodes what it can without
further packages; the other compressions (LZW, JPEG, float predictor) go through Pillow's
libtiff, which refuses a damaged stream where OpenCV would return half an image.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import tifffile
from PIL import Image

from semscan.errors import BadImageError
from semscan.files.images.decode import COPY_AGAIN, Decoded, check_size, from_pillow, short_reason
from semscan.files.microscopes.readers import metadata_tags, read_tags

MAGICS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
TYPE_SIZES = dict(enumerate((1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4), start=1)) | {16: 8, 17: 8, 18: 8}
# of strips, of tiles
OFFSETS = (273, 324)
COUNTS = (279, 325)
MOST_PAGES = 100_000
MOST_TAGS = 4096
PLAIN_COMPRESSIONS = (1, 8, 32946, 32773, 34925)  # none, deflate (two numbers), packbits, lzma
PREDICTED = (8, 32946, 34925)  # with others libtiff ignores the predictor when it writes, tifffile would undo it
MIN_IS_WHITE = 0
PALETTE = 3
PLAIN_PHOTOMETRICS = (MIN_IS_WHITE, 1, 2, PALETTE)


def decode_tiff(path: Path, page: int) -> Decoded:
    """Decode page `page` (from 0) of a TIFF file; raises BadImageError if it is cut short or damaged."""
    with path.open("rb") as file:
        pages = check_whole(file, file.seek(0, io.SEEK_END))
        if not 0 <= page < pages:
            raise BadImageError(
                f"it has {pages} page{'s' * (pages > 1)}, page {page} (from 0) was asked for; "
                f"choose one of 0 to {pages - 1} with --page"
            )
        try:
            file.seek(0)
            with tifffile.TiffFile(file) as tiff:
                return _decode_page(tiff.pages[page], file, page, pages)
        except (BadImageError, MemoryError):
            raise
        except Exception as error:  # a damaged file can raise almost anything in either library
            raise BadImageError(
                f"this TIFF file is damaged or of a rare kind ({short_reason(error)}); "
                "save it as an uncompressed grey TIFF or as PNG"
            ) from error


def _decode_page(page: Any, file: BinaryIO, index: int, pages: int) -> Decoded:
    if page.axes not in ("YX", "YXS", "SYX"):
        raise BadImageError(f"its axes are {page.axes}, wanted rows and columns; save one plane as an image")
    rows, cols = page.shape[:2] if page.axes != "SYX" else page.shape[1:]
    check_size(rows, cols)
    photometric, bits = int(page.photometric), page.bitspersample
    many = (f"the file has {pages} pages, page {index} (from 0) is read; --page chooses",)
    plain = (
        int(page.compression) in PLAIN_COMPRESSIONS
        and (int(page.predictor) == 1 or (int(page.predictor) == 2 and int(page.compression) in PREDICTED))
        and bits in (1, 8, 16, 32, 64)
        and photometric in PLAIN_PHOTOMETRICS
    )
    if plain:
        array, palette = page.asarray(), _palette(page) if photometric == PALETTE else None
        if page.axes == "SYX":
            array = np.moveaxis(array, 0, -1)
        inverted = photometric == MIN_IS_WHITE
    else:
        array, palette = _through_pillow(file, index)
        inverted = photometric == MIN_IS_WHITE and array.dtype.itemsize > 1  # Pillow turns 8 bits itself
    if array.shape[:2] != (rows, cols):
        raise BadImageError(f"this TIFF file is damaged, its tags do not describe its pixels; {COPY_AGAIN}")
    return Decoded(
        array,
        "TIFF",
        palette,
        inverted,
        None,
        pages,
        read_tags(_vendor_tags(page), rows, cols),
        many * (pages > 1),
    )


def _through_pillow(file: BinaryIO, index: int) -> tuple[np.ndarray, np.ndarray | None]:
    file.seek(0)
    with Image.open(io.BytesIO(file.read()), formats=("TIFF",)) as picture:
        picture.seek(index)
        picture.load()
        decoded = from_pillow(picture, "TIFF")
        return decoded.array, decoded.palette


def _palette(page: Any) -> np.ndarray:
    """Return the colour map as uint8 (entries, 3); some writers leave it in 0..255 instead of 0..65535."""
    colours = np.asarray(page.colormap).T
    # The upper byte is right for both ways of writing 8 bits as 16: times 256 and times 257.
    return (colours if colours.max() < 256 else colours >> 8).astype(np.uint8)


def _vendor_tags(page: tifffile.TiffPage) -> Mapping[int, object]:
    found: dict[int, object] = {}
    for number in metadata_tags():
        try:
            found[number] = page.tags[number].value
        except KeyError:
            pass
        except Exception:  # a damaged tag: tifffile raises what it likes; the image itself may be whole
            found[number] = None
    return found


def check_whole(file: BinaryIO, size: int) -> int:
    """Walk all directories of a TIFF file and return the number of pages.

    Raises
    ------
    BadImageError
        If a directory, a tag's value or a strip lies beyond the end of the file.
    """
    file.seek(0)
    head = file.read(16)
    order = "<" if head[:2] == b"II" else ">"
    big = head[2:4] in (b"+\0", b"\0+")
    place_format, at = ("Q", 8) if big else ("I", 4)
    if len(head) < at + struct.calcsize(place_format):
        raise _cut(size)
    (place,) = struct.unpack_from(order + place_format, head, at)
    seen: set[int] = set()
    while place:
        if place in seen or len(seen) >= MOST_PAGES:
            raise BadImageError(f"this TIFF file is damaged, its pages run in a circle; {COPY_AGAIN}")
        seen.add(place)
        place = _check_directory(file, size, place, order, big)
    if not seen:
        raise BadImageError(f"this TIFF file has no page; {COPY_AGAIN}")
    return len(seen)


def _check_directory(file: BinaryIO, size: int, place: int, order: str, big: bool) -> int:
    """Check one directory and its strips; return where the next one starts, 0 at the last."""
    count_format, entry_format, inline = ("Q", "HHQ8s", 8) if big else ("H", "HHI4s", 4)
    entry = struct.Struct(order + entry_format)
    (tags,) = _unpack(file, size, place, order + count_format)
    if tags > MOST_TAGS:
        raise BadImageError(f"this TIFF file is damaged, it claims {tags} tags for a page; {COPY_AGAIN}")
    start = place + struct.calcsize(count_format)
    extents: dict[int, np.ndarray] = {}
    for tag, kind, count, value in entry.iter_unpack(_take(file, size, start, tags * entry.size)):
        length = TYPE_SIZES.get(kind, 0) * count
        where = struct.unpack(order + ("Q" if big else "I"), value)[0]
        if length > inline and where + length > size:
            raise _cut(size)
        if tag in OFFSETS + COUNTS and kind in (3, 4, 13, 16):
            data = value[:length] if length <= inline else _take(file, size, where, length)
            extents[tag] = np.frombuffer(data, f"{order}u{TYPE_SIZES[kind]}").astype(np.float64)
    for offsets, counts in zip(OFFSETS, COUNTS, strict=True):
        if offsets in extents and counts in extents and extents[offsets].shape == extents[counts].shape:
            ends = extents[offsets] + extents[counts]  # float64: no overflow, exact below 2**53
            if ends.size and ends.max() > size:
                raise _cut(size)
    return int(_unpack(file, size, start + tags * entry.size, order + ("Q" if big else "I"))[0])


def _take(file: BinaryIO, size: int, place: int, length: int) -> bytes:
    if place + length > size:
        raise _cut(size)
    file.seek(place)
    return file.read(length)


def _unpack(file: BinaryIO, size: int, place: int, form: str) -> tuple[Any, ...]:
    return struct.unpack(form, _take(file, size, place, struct.calcsize(form)))


def _cut(size: int) -> BadImageError:
    return BadImageError(f"this TIFF file is cut short after {size} bytes; {COPY_AGAIN}")
