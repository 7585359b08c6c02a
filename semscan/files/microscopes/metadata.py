"""What a microscope's own words say about its image, and whether they still fit the image at hand."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

LARGEST_BAR_SHARE = 0.25
SQUARE = 0.01  # width and height of a pixel nearer than this share are one
LEAST_NM = 1e-4
MOST_NM = 1e9
OVERRIDE = "give it with --nm-per-px"


@dataclass(frozen=True, slots=True)
class MicroscopeMetadata:
    """What one microscope says of one image; None for what it does not say.

    `nm_from` and `bar_from` name the key that says so. `stored` is (rows, cols) of what was scanned, for which
    `nm_per_pixel` holds; `bar_below` that a data bar of `bar_rows` was added under it. Warnings are parted into
    those about the pixel size, those about the bar, and others: what the user gives needs no warning.
    """

    vendor: str
    nm_per_pixel: float | None = None
    nm_from: str | None = None
    stored: tuple[int, int] | None = None
    bar_rows: int | None = None
    bar_from: str | None = None
    bar_below: bool = True
    kv: float | None = None
    magnification: float | None = None
    working_distance_mm: float | None = None
    detector: str | None = None
    dwell_us: float | None = None
    date: str | None = None
    about_nm: tuple[str, ...] = ()
    about_bar: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """The conditions of the image as plain values, for `SemImage.metadata`."""
        names = ("vendor", "kv", "magnification", "working_distance_mm", "detector", "dwell_us", "date")
        return {name: getattr(self, name) for name in names}


NOTHING = MicroscopeMetadata("").plain() | {"vendor": None}


def fit_to_image(facts: MicroscopeMetadata, rows: int, cols: int) -> MicroscopeMetadata:
    """Bring facts to an image of this size.

    Where it has the width that was stored and the height, with or without a bar, all holds. Where both sides
    shrank or grew alike the file was resized after it was saved: pixel size and bar are rescaled, with a warning.
    Anything else, as a cut-out, is refused with a warning: pixel size and bar are then None.

    Examples
    --------
    >>> fit_to_image(MicroscopeMetadata("FEI", 2.0, "tag", stored=(884, 1024), bar_rows=60), 472, 512).nm_per_pixel
    4.0
    """
    if facts.stored is None:
        return _checked_bar(facts, rows)
    high, wide = facts.stored
    below = rows - high if facts.bar_below else 0
    if cols == wide and rows == high + below and 0 <= below <= LARGEST_BAR_SHARE * rows:
        if not facts.bar_below:
            return _checked_bar(facts, rows)
        told = facts.bar_from if facts.bar_rows == below else None
        return replace(facts, bar_rows=below, bar_from=told or f"{facts.vendor} scanned size")
    scale = wide / cols
    bar = (facts.bar_rows or 0) if facts.bar_below else 0
    for whole, kept in ((high + bar, bar), (high, 0)):
        if wide != cols and abs(rows * scale - whole) <= max(scale, 1.0):
            return _rescaled(facts, scale, math.ceil(kept / scale), (rows, cols))
    return _refused(facts, f"{wide} x {high} pixels, this image has {cols} x {rows}")


def _refused(facts: MicroscopeMetadata, sizes: str) -> MicroscopeMetadata:
    said = f"its {facts.vendor} metadata describe {sizes}: cut out or resized"
    of_size, of_bar = f"{said}; its pixel size is not known, {OVERRIDE}", f"{said}; its data bar is not known"
    return replace(
        facts,
        nm_per_pixel=None,
        nm_from=None,
        bar_rows=None,
        bar_from=None,
        about_nm=(*facts.about_nm, of_size) if facts.nm_per_pixel else facts.about_nm,
        about_bar=(*facts.about_bar, f"{of_bar} from them, --databar gives its height")
        if facts.bar_below
        else facts.about_bar,
    )


def _rescaled(facts: MicroscopeMetadata, scale: float, bar: int, shape: tuple[int, int]) -> MicroscopeMetadata:
    wide = (facts.stored or shape)[1]
    said = f"resized from {wide} to {shape[1]} pixels across after it was saved"
    keeps_bar = facts.bar_below and facts.bar_rows is not None
    if facts.nm_per_pixel is None:
        return replace(facts, bar_rows=bar if keeps_bar else None)
    nm = facts.nm_per_pixel * scale
    return replace(
        facts,
        nm_per_pixel=nm,
        nm_from=f"{facts.nm_from}, rescaled",
        bar_rows=bar if keeps_bar else None,
        about_nm=(*facts.about_nm, f"{said}: the stated {facts.nm_per_pixel:.5g} nm per pixel become {nm:.5g}"),
    )


def _checked_bar(facts: MicroscopeMetadata, rows: int) -> MicroscopeMetadata:
    if facts.bar_rows is None or 0 <= facts.bar_rows <= LARGEST_BAR_SHARE * rows:
        return facts
    said = f"its {facts.vendor} metadata state an impossible data bar height ({facts.bar_rows}); give it with --databar"
    return replace(facts, bar_rows=None, bar_from=None, about_bar=(*facts.about_bar, said))


def without_size(facts: MicroscopeMetadata) -> MicroscopeMetadata:
    """Say that the pixel size is not stated, unless that was said."""
    if facts.nm_per_pixel is not None or facts.about_nm:
        return facts
    said = f"its {facts.vendor} metadata state no pixel size: sizes stay in pixels; {OVERRIDE}"
    return replace(facts, about_nm=(said,))


def pixel_size(width: float | None, height: float | None, what: str, said: list[str]) -> float | None:
    """The width of a pixel in nm, if it is one; what is odd about it is added to `said`."""
    if width is None:
        return None
    if not LEAST_NM <= width <= MOST_NM:
        said.append(f"{what} states pixels of {width:g} nm, which cannot be; {OVERRIDE}")
        return None
    if height is not None and height > 0 and abs(height / width - 1) > SQUARE:
        said.append(
            f"its pixels are not square ({width:.5g} nm wide, {height:.5g} nm high): nm per pixel is their width, "
            "so heights and areas in nm are off"
        )
    return width
