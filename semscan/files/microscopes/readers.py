"""What a microscope says about its image, in the file's tags or in a text beside it. One module per vendor."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from semscan.files.microscopes import fei, phenom, tescan, zeiss
from semscan.files.microscopes.hitachi import hitachi
from semscan.files.microscopes.jeol import jeol
from semscan.files.microscopes.metadata import MicroscopeMetadata, fit_to_image, without_size
from semscan.files.microscopes.sidecar import beside, read_text, sections

VENDOR_TAGS = (*fei.TAGS, zeiss.TAG, phenom.TAG, tescan.TAG)
LOOKS_LIKE_ONE = re.compile(r"^[ \t]*(\$+\w+[ \t]|\[[^\]\n]{1,80}\]|\w+[ \t]*=)", re.MULTILINE)


def tag_facts(tags: Mapping[int, Any], rows: int, cols: int) -> MicroscopeMetadata | None:
    """What the tags of one TIFF page say, brought to the page's size; None if no vendor's tags are there.

    Parameters
    ----------
    tags : mapping
        TIFF tag number to its value as tifffile reads it.
    rows, cols : int
        The page's size in pixels.
    """
    for vendor in (fei.fei, zeiss.zeiss, phenom.phenom, tescan.tescan):
        facts = vendor(tags, rows, cols)
        if facts is not None:
            return without_size(fit_to_image(facts, rows, cols))
    return None


def sidecar_facts(image: Path, rows: int, cols: int) -> MicroscopeMetadata | None:
    """What the texts beside an image say; None if there is none. One that cannot be used is a warning."""
    unused: list[str] = []
    for path in beside(image):
        text, fault = read_text(path)
        facts = None if fault else _of_text(path, text)
        if facts is not None:
            facts = without_size(fit_to_image(facts, rows, cols))
            return replace(facts, warnings=(*unused, *facts.warnings))
        # a text of prose or of a few numbers beside an image is nothing to wonder at
        odd = not text.strip() or "\ufffd" in text or "\0" in text
        if fault or odd or path.suffix.lower() == ".hdr" or LOOKS_LIKE_ONE.search(text):
            unused.append(fault or f"{path.name} beside it is no sidecar of TESCAN, JEOL or Hitachi: not used")
    return MicroscopeMetadata("", warnings=tuple(unused)) if unused else None


def _of_text(path: Path, text: str) -> MicroscopeMetadata | None:
    found = sections(text)
    if path.suffix.lower() == ".hdr":
        return tescan.tescan_facts(found, []) if {"main", "sem"} & set(found) else None
    return hitachi(found) or jeol(text)


def prefer_tags(tags: MicroscopeMetadata | None, sidecar: MicroscopeMetadata | None) -> MicroscopeMetadata | None:
    """The tags' word first; a sidecar counts where they state no pixel size and it does, or are not there."""
    if tags is None or (tags.nm_per_pixel is None and sidecar is not None and sidecar.nm_per_pixel is not None):
        return sidecar
    return tags
