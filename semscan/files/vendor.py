"""What a microscope's own tags say about its image. One function per vendor; none guesses.

Each takes the tags of one TIFF page and the page's size, and answers with the height of the
data bar, or None if these are not its tags.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FEI_TAGS = (34680, 34682)
LARGEST_BAR_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class DataBar:
    """The last `rows` rows are the data bar; `told_by` names the tag that says so."""

    rows: int
    told_by: str | None = None
    warnings: tuple[str, ...] = ()


def data_bar(tags: Mapping[int, Any], rows: int, cols: int) -> DataBar:
    """Return the data bar that a page's tags state; 0 rows if no vendor's tags say one.

    Parameters
    ----------
    tags : mapping
        TIFF tag number to its value as tifffile reads it.
    rows, cols : int
        The page's size in pixels.
    """
    for vendor in (fei,):
        bar = vendor(tags, rows, cols)
        if bar is not None:
            return bar
    return DataBar(0)


def fei(tags: Mapping[int, Any], rows: int, cols: int) -> DataBar | None:
    """FEI / Thermo: `[PrivateFei] DatabarHeight`, else the page's height less `[Image] ResolutionY`.

    Where both are there and disagree, the scanned height wins: it is what the page was made
    from. Tags that describe an image of another width (a resized copy) say nothing.

    Examples
    --------
    >>> helios = {"Image": {"ResolutionX": 512, "ResolutionY": 442}, "PrivateFei": {"DatabarHeight": 29}}
    >>> fei({34682: helios}, 471, 512).rows
    29
    """
    told = next((tags[tag] for tag in FEI_TAGS if isinstance(tags.get(tag), Mapping)), None)
    if told is None:
        return None
    stated = _whole(told, "PrivateFei", "DatabarHeight")
    scanned = _whole(told, "Image", "ResolutionY")
    width = _whole(told, "Image", "ResolutionX")
    if (width is not None and width != cols) or (scanned is not None and scanned > rows):
        said = f"its FEI tags describe an image of {width} x {scanned} pixels, this one has {cols} x {rows}"
        return DataBar(0, None, (f"{said}: the data bar is not known; give its height with --databar",))
    if scanned is not None and 0 <= rows - scanned <= LARGEST_BAR_SHARE * rows:
        known = "[PrivateFei] DatabarHeight" if stated == rows - scanned else "[Image] ResolutionY"
        return DataBar(rows - scanned, f"FEI {known}")
    if stated is not None and 0 <= stated <= LARGEST_BAR_SHARE * rows:
        return DataBar(stated, "FEI [PrivateFei] DatabarHeight")
    if stated is None and scanned is None:
        return DataBar(0)
    said = f"its FEI tags state an impossible data bar height ({stated})"
    return DataBar(0, None, (f"{said}; give it with --databar",))


def _whole(told: Mapping[str, Any], section: str, key: str) -> int | None:
    """Return a whole number from the vendor's sections; None if it is missing or malformed."""
    part = told.get(section)
    value = part.get(key) if isinstance(part, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        return None
    return int(value) if abs(value) < 1e9 else None
