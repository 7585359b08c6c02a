"""Decode one page of a TIFF file, with what its tags state.

The file's extent is checked first, so a file that lost its end is refused whatever was lost. tifffile then decodes
what it can without further packages; the other compressions (LZW, JPEG, float predictor) go through Pillow's libtiff,
which refuses a damaged stream where OpenCV would return half an image.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import tifffile

from semscan.errors import BadImageError
from semscan.files.disk.claims import COPY_AGAIN, check_tiff_claim
from semscan.files.images.decode import Decoded, check_size, from_pillow, short_reason, without_pixels
from semscan.files.images.tiff_extent import count_pages
from semscan.files.microscopes.readers import metadata_tags, read_tags
from semscan.settings import MAX_IMAGE_PIXELS

MAGICS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
PLAIN_COMPRESSIONS = (1, 8, 32946, 32773, 34925)  # none, deflate (two numbers), packbits, lzma
PREDICTED = (8, 32946, 34925)  # with others libtiff ignores the predictor when it writes, tifffile would undo it
MIN_IS_WHITE = 0
PALETTE = 3
PLAIN_PHOTOMETRICS = (MIN_IS_WHITE, 1, 2, PALETTE)


def decode_tiff(path: Path, page: int, most: int = MAX_IMAGE_PIXELS, *, header_only: bool = False) -> Decoded:
    """Decode page `page` (from 0) of a TIFF file; raises BadImageError if it is cut short, damaged, or too large."""
    with path.open("rb") as file:
        pages = checked_pages(file, page)
        try:
            file.seek(0)
            with tifffile.TiffFile(file) as tiff:
                return _decode_page(tiff.pages[page], file, page, pages, most, header_only)
        except (BadImageError, MemoryError):
            raise
        except Exception as error:  # a damaged file can raise almost anything in either library
            raise BadImageError(
                f"this TIFF file is damaged or of a rare kind ({short_reason(error)}); "
                "save it as an uncompressed grey TIFF or as PNG"
            ) from error


def checked_pages(file: BinaryIO, page: int) -> int:
    """Return the number of pages of a whole file; raises BadImageError if `page` (from 0) is not one of them."""
    pages = count_pages(file)
    if not 0 <= page < pages:
        raise BadImageError(
            f"it has {pages} page{'s' * (pages > 1)}, page {page} (from 0) was asked for; "
            f"choose one of 0 to {pages - 1} with --page"
        )
    return pages


def _decode_page(page: Any, file: BinaryIO, index: int, pages: int, most: int, header_only: bool) -> Decoded:
    if page.axes not in ("YX", "YXS", "SYX"):
        raise BadImageError(f"its axes are {page.axes}, wanted rows and columns; save one plane as an image")
    check_sides(page)
    rows, cols = page.shape[1:] if page.axes == "SYX" else page.shape[:2]
    check_size(rows, cols, most)
    check_tiff_claim(page, file.seek(0, io.SEEK_END))
    palette = None
    inverted = int(page.photometric) == MIN_IS_WHITE
    if header_only:
        array = without_pixels((rows, cols) if page.axes == "YX" else (rows, cols, page.samplesperpixel), page.dtype)
    elif is_plain(page):
        array = page.asarray()
        if int(page.photometric) == PALETTE:
            palette = _palette(page)
        if page.axes == "SYX":
            array = np.moveaxis(array, 0, -1)
    else:
        array, palette = _through_pillow(file, index)
        inverted = inverted and array.dtype.itemsize > 1  # Pillow inverts 8 bits itself
    if array.shape[:2] != (rows, cols):
        raise BadImageError(f"this TIFF file is damaged, its tags do not describe its pixels; {COPY_AGAIN}")
    return Decoded(
        array,
        "TIFF",
        palette,
        inverted,
        pages=pages,
        microscope=read_tags(vendor_tags(page), rows, cols),
        warnings=many_pages(pages, index),
    )


def check_sides(page: Any) -> None:
    """Raise BadImageError unless the tags of a page state its sides as whole numbers: tifffile passes texts on."""
    if not all(isinstance(side, int) for side in page.shape):
        raise BadImageError(f"this TIFF file is damaged, its size is no whole number; {COPY_AGAIN}")


def many_pages(pages: int, index: int) -> tuple[str, ...]:
    """Return the warning that one page of several is read."""
    return (f"the file has {pages} pages, page {index} (from 0) is read; --page chooses",) if pages > 1 else ()


def is_plain(page: Any) -> bool:
    """Return True for a page that tifffile decodes without further packages."""
    compression = int(page.compression)
    predictor = int(page.predictor)
    return (
        compression in PLAIN_COMPRESSIONS
        and (predictor == 1 or (predictor == 2 and compression in PREDICTED))
        and page.bitspersample in (1, 8, 16, 32, 64)
        and int(page.photometric) in PLAIN_PHOTOMETRICS
    )


ORIENTATION = 274  # the number of its tag
# Pillow turns and mirrors what it loads, as this tag says; tifffile leaves it as it is stored. These take it back.
_UNTURNED: Mapping[Any, Callable[[np.ndarray], np.ndarray]] = {
    2: lambda shown: shown[:, ::-1],
    3: lambda shown: shown[::-1, ::-1],
    4: lambda shown: shown[::-1],
    5: lambda shown: shown.swapaxes(0, 1),
    6: lambda shown: np.rot90(shown),
    7: lambda shown: np.rot90(shown, 2).swapaxes(0, 1),
    8: lambda shown: np.rot90(shown, -1),
}


def _through_pillow(file: BinaryIO, index: int) -> tuple[np.ndarray, np.ndarray | None]:
    file.seek(0)
    from semscan.files.images.pillow import Image

    with Image.open(io.BytesIO(file.read()), formats=("TIFF",)) as picture:
        picture.seek(index)
        turn = _UNTURNED.get(getattr(picture, "tag_v2", {}).get(ORIENTATION), lambda stored: stored)
        picture.load()
        decoded = from_pillow(picture, "TIFF")
        return turn(decoded.array), decoded.palette


def _palette(page: Any) -> np.ndarray:
    """Return the colour map as uint8 (entries, 3); some writers leave it in 0..255 instead of 0..65535."""
    colours = np.asarray(page.colormap).T
    # The upper byte is right for both ways of writing 8 bits as 16: times 256 and times 257.
    return (colours if colours.max() < 256 else colours >> 8).astype(np.uint8)


def vendor_tags(page: Any) -> Mapping[int, object]:
    """Return the tags of a page in which a microscope may state something, by their numbers."""
    found: dict[int, object] = {}
    for number in metadata_tags():
        try:
            found[number] = page.tags[number].value
        except KeyError:
            pass
        except Exception:  # a damaged tag: tifffile raises almost anything; the image itself may be whole
            found[number] = None
    return found
