"""One page of a TIFF file as a file of its own, with what the microscope wrote into the page."""

from __future__ import annotations

import io
from pathlib import Path

import tifffile

from semscan.errors import BadImageError
from semscan.files.disk.atomic import write_bytes
from semscan.files.images.read import read_image
from semscan.files.microscopes.readers import metadata_tags
from semscan.settings import ReadSettings

MARK = b"semscan page copy"
BYTES = 7  # TIFF's type of bytes without a meaning


def copy_page(path: Path, page: int, target: Path, settings: ReadSettings) -> None:
    """Copy one page, its grey levels and the microscope's tags; raise BadImageError or OutputError.

    Parameters
    ----------
    path, target : Path
        A TIFF file of several pages, and the file to write.
    page : int
        From 0.
    settings : ReadSettings
        Its `max_pixels` holds here too.
    """
    image = read_image(path, ReadSettings(page=page, databar="none", max_pixels=settings.max_pixels), given=str(path))
    try:
        tags = _tags(path, page)
    except Exception as error:  # of tifffile, which has read the page before
        raise BadImageError(f"{path}: the tags of page {page} cannot be read; save the page as a file") from error
    buffer = io.BytesIO()
    tifffile.imwrite(
        buffer, image.pixels, photometric="minisblack", metadata=None, software=MARK.decode(), extratags=tags
    )
    write_bytes(target, buffer.getvalue())


def _tags(path: Path, page: int) -> list[tuple[int, int, int, bytes, bool]]:
    """Return the microscope's tags of a page as tifffile writes them."""
    with tifffile.TiffFile(path) as file:
        tags = file.pages[page].aspage().tags
        found = []
        for code in metadata_tags():
            tag = tags.get(code)
            if tag is not None:
                file.filehandle.seek(tag.valueoffset)
                raw = file.filehandle.read(tag.valuebytecount)
                found.append((code, BYTES, len(raw), raw, True))
        return found


def page_count(path: Path) -> int:
    """Return the number of pages of a TIFF file; 1 for any other file."""
    try:
        with tifffile.TiffFile(path) as file:
            return len(file.pages)
    except Exception:  # no TIFF; whoever reads it says what is wrong
        return 1
