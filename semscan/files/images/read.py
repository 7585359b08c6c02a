"""A path becomes a `SemImage`, or one line that says why not.

What a file is, is decided by its first bytes, never by its name. It is refused before its
pixels are decoded when its header is wrong or too large, and after when it holds nothing
that can be judged. The rules for colour, depth, palette and alpha are in `semscan.files.images.to_grey`.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import numpy as np

from semscan.errors import BadImageError
from semscan.files.images.decode import PNG_SIGNATURE, Decoded, decode_png, decode_with_pillow
from semscan.files.images.ignored_areas import ignored_area
from semscan.files.images.tiff import MAGICS, decode_tiff
from semscan.files.images.to_grey import to_grey
from semscan.files.microscopes.metadata import NOTHING, MicroscopeMetadata
from semscan.files.microscopes.readers import prefer_tags, sidecar_facts
from semscan.settings import ReadSettings
from semscan.values import SemImage

KINDS = "TIFF, PNG, JPEG or BMP"
GIVEN = "given"


def read_image(path: Path, settings: ReadSettings, *, given: str | None = None, flat: bool = False) -> SemImage:
    """Read one image as its file holds it.

    Parameters
    ----------
    path : Path
        A TIFF, PNG, JPEG or BMP file, whatever its name says.
    settings : ReadSettings
        `page` counts from 0. `databar` is not used here: `semscan.image.clean` takes it.
    given : str, optional
        The name as the user typed it, for messages; by default `path`.
    flat : bool
        Take an image of one grey level, as a mask may be.

    Returns
    -------
    SemImage
        Grey, uint8, uint16 or float32, in the file's own size and depth. `data_bar_rows` and `nm_per_pixel` are
        what the microscope's tags, or a sidecar beside the file, say; `source` is the absolute path. `metadata`
        has "format", "dtype" (as stored), "pages", "page", "colour", "data_bar_from", "nm_per_pixel_source", and,
        None where nothing says it, "vendor", "kv", "magnification", "working_distance_mm", "detector", "dwell_us"
        and "date".

    Raises
    ------
    BadImageError
        One line: what was found, what was wanted, what to do.
    """
    path = Path(path)
    name = " ".join((given if given is not None else str(path)).splitlines())
    try:
        decoded = _decode(path, settings.page)
        pixels, said, rule = to_grey(decoded, flat=flat)
        facts = _facts(path, decoded, pixels.shape)
        ignored, unsure = ignored_area(path, pixels.shape, settings, _read_mask)
    except BadImageError as error:
        raise BadImageError(f"{name}: {error}") from error
    except MemoryError as error:
        raise BadImageError(f"{name}: the image does not fit into memory; cut it into parts") from error
    except OSError as error:
        raise BadImageError(f"{name}: {_why_not_opened(error)}") from error
    stored = "uint8" if decoded.palette is not None else str(decoded.array.dtype)
    given_size = settings.nm_per_px is not None
    metadata: dict[str, Any] = {
        "format": decoded.format,
        "dtype": stored,
        "pages": decoded.pages,
        "page": settings.page,
        "colour": rule,
        **(facts.plain() if facts.vendor else NOTHING),
        "data_bar_from": facts.bar_from if facts.bar_rows is not None else None,
        "nm_per_pixel_source": GIVEN if given_size else facts.nm_from,
    }
    return SemImage(
        pixels=pixels,
        source=os.path.abspath(path),
        nm_per_pixel=settings.nm_per_px if given_size else facts.nm_per_pixel,
        data_bar_rows=facts.bar_rows or 0,
        metadata=metadata,
        warnings=(
            *said,
            *(() if given_size else facts.about_nm),
            *(facts.about_bar if settings.databar == "auto" else ()),
            *facts.warnings,
            *unsure,
        ),
        ignored=ignored,
    )


def _facts(path: Path, decoded: Decoded, shape: tuple[int, ...]) -> MicroscopeMetadata:
    """What the microscope says, by the file's tags or by a text beside it."""
    tagged = decoded.facts
    if tagged is not None and tagged.nm_per_pixel is not None:
        return tagged
    return prefer_tags(tagged, sidecar_facts(path, shape[0], shape[1])) or MicroscopeMetadata("")


def _read_mask(path: Path) -> np.ndarray:
    return read_image(path, ReadSettings(), flat=True).pixels


def _decode(path: Path, page: int) -> Decoded:
    status = os.stat(path)
    if stat.S_ISDIR(status.st_mode):
        raise BadImageError(f"this is a folder, wanted a {KINDS} file; name the files in it")
    if not stat.S_ISREG(status.st_mode):
        raise BadImageError(f"this is a device or a pipe, wanted a {KINDS} file; save it to a file first")
    if status.st_size == 0:
        raise BadImageError(f"the file is empty, wanted a {KINDS} image; copy it again")
    with path.open("rb") as file:
        head = file.read(16)
        if head.startswith(MAGICS):
            return decode_tiff(path, page)
        kind = _kind(head)
        if page != 0:
            raise BadImageError(f"it has 1 page, page {page} (from 0) was asked for; leave out --page")
        data = head + file.read()
    return decode_png(data) if kind == "PNG" else decode_with_pillow(data, kind)


def _kind(head: bytes) -> str:
    if head.startswith(PNG_SIGNATURE):
        return "PNG"
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"BM"):
        return "BMP"
    raise BadImageError(f"not a {KINDS} image (its first bytes are {head[:8]!r}); convert it to one of these")


def _why_not_opened(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file; check the name"
    if isinstance(error, PermissionError):
        return "no permission to read it; change its permissions or copy it"
    return f"cannot be read ({error.strerror or type(error).__name__}); check the disk or copy the file again"
