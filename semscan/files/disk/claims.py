"""How many pixels a file can hold: work is sized from its bytes, and not from what its header states.

The expansion of a compression is the most bytes of pixels that one byte of the file can become.
"""

from __future__ import annotations

import math
from typing import Any

from semscan.errors import BadImageError

COPY_AGAIN = "copy or save it again"
DEFLATE = 1032  # a match of 258 bytes takes 2 bits
LARGEST_UNPACKED = 1 << 31  # bytes: the most that an image takes as its file states it, all channels and bits
MOST_OVERLAP = 16  # times the file that all strips together may be: equal blank tiles are sometimes kept once
SLACK = 1 << 16  # bytes: small images may be any
TIFF_EXPANSION = {
    1: 1,  # none
    5: 2731,  # LZW: 4096 bytes of a code of 12 bits
    6: 512,  # JPEG: a block of 64 takes a bit or more
    7: 512,
    8: DEFLATE,
    32946: DEFLATE,
    32773: 64,  # PackBits: 128 bytes of 2
    34925: 8192,  # LZMA: 273 bytes of about 0.3 bits
}
RARE_EXPANSION = 1 << 15  # Zstandard and others that only libtiff reads
FAX = (2, 3, 4)  # a row that repeats the one above takes a bit, whatever its length


def check_claim(pixel_bytes: int, held: int, expansion: float) -> None:
    """Raise BadImageError if `held` bytes of a file cannot become `pixel_bytes`, or these are too many to read."""
    if pixel_bytes > held * expansion + SLACK:
        raise BadImageError(
            f"its header states {pixel_bytes} bytes of pixels, which its {held} bytes of data cannot hold; {COPY_AGAIN}"
        )
    if pixel_bytes > LARGEST_UNPACKED:
        raise BadImageError(
            f"its pixels unpack to {pixel_bytes} bytes, at most {LARGEST_UNPACKED} are read; save it as 8- or 16-bit "
            "grey, or cut it into parts"
        )


def check_tiff_claim(page: Any, file_bytes: int) -> None:
    """Check the size of a TIFF page against its strips.

    Parameters
    ----------
    page : tifffile.TiffPage
    file_bytes : int
        The length of the file.

    Raises
    ------
    BadImageError
        If it states more pixels than its strips or tiles can hold, or these overlap too much.
    """
    counts = [int(count) for count in page.databytecounts]
    total = sum(counts)
    if total > MOST_OVERLAP * file_bytes:
        raise BadImageError(f"this TIFF file is damaged, its strips overlap; {COPY_AGAIN}")
    strips = math.prod(page.chunked) if page.size else 0
    if strips > len(counts):
        raise BadImageError(
            f"this TIFF file is damaged, its {page.imagewidth} x {page.imagelength} pixels need {strips} strips or "
            f"tiles and it has {len(counts)}; {COPY_AGAIN}"
        )
    held = min(total, file_bytes)
    compression = int(page.compression)
    expansion: float = TIFF_EXPANSION.get(compression, RARE_EXPANSION)
    if compression in FAX:
        expansion = max(1, page.imagewidth)
    bits = page.bitspersample if isinstance(page.bitspersample, int) else max(page.bitspersample)
    check_claim(page.size * bits // 8, held, expansion)
