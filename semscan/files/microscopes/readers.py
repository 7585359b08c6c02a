"""What a microscope states about its image, in the file's tags or in a text next to it.

Another microscope is one new module, as `semscan.files.microscopes.base.MicroscopeReader` describes it, and its name
in `READERS`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from semscan.files.microscopes import fei, hitachi, jeol, phenom, tescan, zeiss
from semscan.files.microscopes.base import MetadataSource, MicroscopeReader
from semscan.files.microscopes.metadata import MicroscopeMetadata, fit_to_image, warn_without_pixel_size
from semscan.files.microscopes.sidecar import find_sidecars, read_text
from semscan.phrases import listed

# Asked in this order; the first that knows the tags or the text reads them.
READERS: tuple[MicroscopeReader, ...] = (fei, zeiss, phenom, tescan, hitachi, jeol)

LOOKS_LIKE_METADATA = re.compile(r"^[ \t]*(\$+\w+[ \t]|\[[^\]\n]{1,80}\]|\w+[ \t]*=)", re.MULTILINE)
HEADER = ".hdr"  # such a file is a microscope's, whatever it holds


def metadata_tags() -> tuple[int, ...]:
    """Return the numbers of the TIFF tags that `read_tags` wants."""
    return tuple(tag for reader in READERS for tag in reader.TAGS)


def read_tags(tags: Mapping[int, object], rows: int, cols: int) -> MicroscopeMetadata | None:
    """Return what the tags of one TIFF page state, brought to the page's size; None without a vendor's tags.

    Parameters
    ----------
    tags : mapping
        TIFF tag number to its value as tifffile reads it.
    rows, cols : int
        The page's size in pixels.
    """
    return _read(MetadataSource(rows, cols, tags), [reader for reader in READERS if reader.TAGS])


def sidecars(image: Path) -> list[Path]:
    """Return the files next to an image that `read_sidecar` reads."""
    return find_sidecars(image, tuple(dict.fromkeys(suffix for reader in READERS for suffix in reader.SIDECARS)))


def read_sidecar(image: Path, rows: int, cols: int) -> MicroscopeMetadata | None:
    """Return what a text next to an image states; None without one. One that cannot be used becomes a warning.

    Parameters
    ----------
    image : Path
        The image file.
    rows, cols : int
        Its size in pixels.
    """
    readers = [reader for reader in READERS if reader.SIDECARS]
    unused: list[str] = []
    for path in sidecars(image):
        suffix = path.suffix.lower()
        try:
            text = read_text(path)
        except ValueError as error:
            unused.append(f"{path.name} next to it {error}: not used")
            continue
        able = [reader for reader in readers if suffix in reader.SIDECARS]
        metadata = _read(MetadataSource(rows, cols, sidecar=text), able)
        if metadata is not None:
            return replace(metadata, warnings=(*unused, *metadata.warnings))
        if suffix == HEADER or _is_odd(text) or LOOKS_LIKE_METADATA.search(text):
            vendors = listed([reader.VENDOR for reader in readers], "or")
            unused.append(f"{path.name} next to it is not a sidecar of {vendors}: not used")
    return MicroscopeMetadata("", warnings=tuple(unused)) if unused else None


def _read(source: MetadataSource, readers: list[MicroscopeReader]) -> MicroscopeMetadata | None:
    found = next((metadata for metadata in (reader.read(source) for reader in readers) if metadata is not None), None)
    return None if found is None else warn_without_pixel_size(fit_to_image(found, source.rows, source.cols))


def _is_odd(text: str) -> bool:
    """Return False for a text of prose or numbers: next to an image it needs no warning."""
    return not text.strip() or "\ufffd" in text or "\0" in text


def prefer_tags(tags: MicroscopeMetadata | None, sidecar: MicroscopeMetadata | None) -> MicroscopeMetadata | None:
    """Return what the tags state; the sidecar's where there are none, or where it alone has a pixel size."""
    if tags is None or (tags.nm_per_pixel is None and sidecar is not None and sidecar.nm_per_pixel is not None):
        return sidecar
    return tags
