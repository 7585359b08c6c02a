"""Read the file at a path as a `SemImage`, or refuse it with a reason of one line.

The first bytes decide what a file is, never its name. A wrong or too large header is refused before the pixels are
decoded; pixels that cannot be judged are refused after. The rules for colour, depth, palette and alpha are in
`semscan.files.images.to_grey`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np

from semscan.errors import BadImageError, MaskSizeError
from semscan.files.images.decode import PNG_SIGNATURE, Decoded, decode_png, decode_with_pillow, without_pixels
from semscan.files.images.ignored_areas import ignored_area
from semscan.files.images.tiff import MAGICS, decode_tiff, many_pages
from semscan.files.images.tiff_windows import TiffWindows, open_windows
from semscan.files.images.to_grey import not_black, to_grey
from semscan.files.microscopes.metadata import NOT_STATED, MicroscopeMetadata
from semscan.files.microscopes.readers import prefer_tags, read_sidecar
from semscan.settings import MAX_IMAGE_PIXELS, ReadSettings
from semscan.values import SemImage

FORMATS = "TIFF, PNG, JPEG or BMP"
GIVEN = "given"


def read_image(path: Path, settings: ReadSettings, *, given: str | None = None, flat: bool = False) -> SemImage:
    """Read one image as its file holds it.

    Parameters
    ----------
    path : Path
        A TIFF, PNG, JPEG or BMP file, whatever its name is.
    settings : ReadSettings
        `page` counts from 0. `databar` is not used here: `semscan.image.clean` takes it.
    given : str, optional
        The name as the user typed it, for messages; by default `path`.
    flat : bool
        Accept an image of one grey level, as a mask may be.

    Returns
    -------
    SemImage
        Grey, uint8, uint16 or float32, in the file's own size and depth. `data_bar_rows` and `nm_per_pixel` are
        what the microscope's tags, or a sidecar next to the file, state; `source` is the absolute path. `metadata`
        has "format", "dtype" (as stored), "pages", "page", "colour", "data_bar_from", "nm_per_pixel_source", and,
        None where nothing states it, "vendor", "kv", "magnification", "working_distance_mm", "detector", "dwell_us"
        and "date".

    Raises
    ------
    BadImageError
        One line: what was found, what was wanted, what to do.
    """
    path = Path(path)
    with _named_errors(path, given):
        decoded = _decode(path, settings.page, settings.max_pixels)
        pixels, conversion_warnings, rule = to_grey(decoded, flat=flat)
        microscope = _microscope_metadata(path, decoded, pixels.shape)
        read = partial(read_mask, most=settings.max_pixels)
        ignored, area_warnings = ignored_area(path, pixels.shape, settings, read)
    image = _with_pixels(path, pixels, decoded, rule, microscope, settings)
    return replace(image, warnings=(*conversion_warnings, *image.warnings, *area_warnings), ignored=ignored)


def read_header(path: Path, settings: ReadSettings, *, given: str | None = None) -> SemImage:
    """Read what `read_image` does but for the pixels: an array of zeros that takes no memory stands for them.

    "colour" in `metadata` is None, and areas to ignore are not read. Raises BadImageError.
    """
    path = Path(path)
    with _named_errors(path, given):
        decoded = _decode(path, settings.page, settings.max_pixels, header_only=True)
        pixels = without_pixels(decoded.array.shape[:2], decoded.array.dtype)
        microscope = _microscope_metadata(path, decoded, pixels.shape)
    return _with_pixels(path, pixels, decoded, None, microscope, settings)


@contextmanager
def _named_errors(path: Path, given: str | None) -> Iterator[None]:
    """Put the name of the file before each reason why it cannot be read."""
    name = " ".join((given if given is not None else str(path)).splitlines())
    try:
        yield
    except MaskSizeError as error:
        raise MaskSizeError(f"{name}: {error}") from error
    except BadImageError as error:
        raise BadImageError(f"{name}: {error}") from error
    except MemoryError as error:
        raise BadImageError(f"{name}: the image does not fit into memory; cut it into parts") from error
    except OSError as error:
        raise BadImageError(f"{name}: {_why_not_opened(error)}") from error


@contextmanager
def image_in_windows(
    path: Path, settings: ReadSettings, *, above: int, given: str | None = None
) -> Iterator[SemImage | None]:
    """Open an image of more than `above` pixels of which windows are read; None for one that `read_image` has to read.

    Grey TIFF pages of 8 or 16 bits or 32-bit floats are read in windows, tiled or in strips, uncompressed or with a
    compression that tifffile unpacks by itself.

    Yields
    ------
    SemImage or None
        As `read_image` returns it, but `pixels` is a plane (`semscan.plane`). Values are not checked yet.

    Raises
    ------
    BadImageError
        As `read_image` does, when the image is opened.
    """
    path = Path(path)
    windows = None if settings.ignore or settings.care else _open_windows(path, settings, above)
    if windows is None:
        yield None
        return
    with windows:
        rule = "grey, inverted" if windows.inverted else "grey"
        plane = cast(np.ndarray, windows)
        decoded = Decoded(plane, "TIFF", pages=windows.pages, microscope=windows.microscope)
        microscope = _microscope_metadata(path, decoded, windows.shape)
        image = _with_pixels(path, plane, decoded, rule, microscope, settings)
        yield replace(image, warnings=(*many_pages(windows.pages, settings.page), *image.warnings))


def _open_windows(path: Path, settings: ReadSettings, above: int) -> TiffWindows | None:
    try:
        with path.open("rb") as file:
            if not file.read(4).startswith(MAGICS):
                return None
        return open_windows(path, settings.page, above, settings.max_pixels)
    except Exception:  # `read_image` says what is wrong
        return None


def _with_pixels(
    path: Path,
    pixels: np.ndarray,
    decoded: Decoded,
    rule: str | None,
    microscope: MicroscopeMetadata,
    settings: ReadSettings,
) -> SemImage:
    return SemImage(
        pixels=pixels,
        source=os.path.abspath(path),
        nm_per_pixel=microscope.nm_per_pixel if settings.nm_per_px is None else settings.nm_per_px,
        data_bar_rows=microscope.bar_rows or 0,
        metadata=_described(decoded, rule, microscope, settings),
        warnings=_microscope_warnings(microscope, settings),
    )


def _described(
    decoded: Decoded, rule: str | None, microscope: MicroscopeMetadata, settings: ReadSettings
) -> dict[str, Any]:
    """Return the metadata of the image: how its file holds it, and what the microscope states."""
    return {
        "format": decoded.format,
        "dtype": "uint8" if decoded.palette is not None else str(decoded.array.dtype),
        "pages": decoded.pages,
        "page": settings.page,
        "colour": rule,
        **microscope.conditions(),
        "data_bar_from": microscope.bar_from,
        "nm_per_pixel_source": microscope.nm_from if settings.nm_per_px is None else GIVEN,
    }


def _microscope_warnings(microscope: MicroscopeMetadata, settings: ReadSettings) -> tuple[str, ...]:
    """Return the warnings about what the user does not give."""
    of_size = microscope.pixel_size_warnings if settings.nm_per_px is None else ()
    of_bar = microscope.bar_warnings if settings.databar == "auto" else ()
    return (*of_size, *of_bar, *microscope.warnings)


def read_mask(path: Path, most: int = MAX_IMAGE_PIXELS) -> np.ndarray:
    """Read a mask image of any format as bool, shape (rows, cols): every pixel that is not black is True.

    Of a JPEG file, which is not exact, those above half of the largest value are.

    Raises
    ------
    BadImageError
        If it cannot be read.
    """
    with _named_errors(path, None):
        return not_black(_decode(path, 0, most))


def _microscope_metadata(path: Path, decoded: Decoded, shape: tuple[int, ...]) -> MicroscopeMetadata:
    """Return what the microscope states, in the file's tags or in a text next to it."""
    tagged = decoded.microscope
    if tagged is not None and tagged.nm_per_pixel is not None:
        return tagged
    return prefer_tags(tagged, read_sidecar(path, shape[0], shape[1])) or NOT_STATED


def _decode(path: Path, page: int, most: int, *, header_only: bool = False) -> Decoded:
    status = os.stat(path)
    if stat.S_ISDIR(status.st_mode):
        raise BadImageError(f"this is a folder, wanted a {FORMATS} file; name the files in it")
    if not stat.S_ISREG(status.st_mode):
        raise BadImageError(f"this is a device or a pipe, wanted a {FORMATS} file; save it to a file first")
    if status.st_size == 0:
        raise BadImageError(f"the file is empty, wanted a {FORMATS} image; copy it again")
    with path.open("rb") as file:
        head = file.read(16)
        if head.startswith(MAGICS):
            return decode_tiff(path, page, most, header_only=header_only)
        kind = _kind(head)
        if page != 0:
            raise BadImageError(f"it has 1 page, page {page} (from 0) was asked for; leave out --page")
        data = head + file.read()
    if kind == "PNG":
        return decode_png(data, most, header_only=header_only)
    return decode_with_pillow(data, kind, most, header_only=header_only)


def _kind(head: bytes) -> str:
    if head.startswith(PNG_SIGNATURE):
        return "PNG"
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"BM"):
        return "BMP"
    raise BadImageError(f"not a {FORMATS} image (its first bytes are {head[:8]!r}); convert it to one of these")


def _why_not_opened(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file; check the name"
    if isinstance(error, PermissionError):
        return "no permission to read it; change its permissions or copy it"
    return f"cannot be read ({error.strerror or type(error).__name__}); check the disk or copy the file again"
