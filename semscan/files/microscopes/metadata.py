"""What a microscope states of its image, and whether that still fits the image at hand."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

LARGEST_BAR_SHARE = 0.25
NM_PER_PX_ADVICE = "give it with --nm-per-px"
Condition = str | float | None


@dataclass(frozen=True, slots=True)
class MicroscopeMetadata:
    """What one microscope states of one image; None for what it does not state.

    `nm_from` and `bar_from` name the key that states it. `scanned` is (rows, cols) of what was scanned, for which
    `nm_per_pixel` holds. `bar_below` is True where a data bar of `bar_rows` was added under it. `kv` is the
    accelerating voltage, `dwell_us` the time the beam stays at a pixel, `date` ISO 8601 where that is sure.
    Warnings about the pixel size and about the data bar are kept separate: what the user gives needs none.
    """

    vendor: str
    nm_per_pixel: float | None = None
    nm_from: str | None = None
    scanned: tuple[int, int] | None = None
    bar_rows: int | None = None
    bar_from: str | None = None
    bar_below: bool = True
    kv: float | None = None
    magnification: float | None = None
    working_distance_mm: float | None = None
    detector: str | None = None
    dwell_us: float | None = None
    date: str | None = None
    pixel_size_warnings: tuple[str, ...] = ()
    bar_warnings: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def conditions(self) -> dict[str, Condition]:
        """Return the conditions of the image as plain values, for `SemImage.metadata`."""
        return {
            "vendor": self.vendor or None,
            "kv": self.kv,
            "magnification": self.magnification,
            "working_distance_mm": self.working_distance_mm,
            "detector": self.detector,
            "dwell_us": self.dwell_us,
            "date": self.date,
        }


NOT_STATED = MicroscopeMetadata("")


def fit_to_image(metadata: MicroscopeMetadata, rows: int, cols: int) -> MicroscopeMetadata:
    """Bring metadata to an image of this size.

    If the image has the scanned width, and the scanned height with or without a data bar, all of it holds. If both
    sides were scaled by the same factor, the file was resized after it was saved: pixel size and bar are rescaled,
    with a warning. Anything else, as a cut-out, leaves pixel size and bar None, with a warning.

    Examples
    --------
    >>> saved = MicroscopeMetadata("FEI", 2.0, "tag", scanned=(884, 1024), bar_rows=60)
    >>> fit_to_image(saved, 472, 512).nm_per_pixel
    4.0
    """
    if metadata.scanned is None:
        return _checked_bar(metadata, rows)
    high, wide = metadata.scanned
    below = rows - high if metadata.bar_below else 0
    if cols == wide and rows == high + below and 0 <= below <= LARGEST_BAR_SHARE * rows:
        if not metadata.bar_below:
            return _checked_bar(metadata, rows)
        stated = metadata.bar_from if metadata.bar_rows == below else None
        return replace(metadata, bar_rows=below, bar_from=stated or f"{metadata.vendor} scanned size")
    scale = wide / cols
    bar = (metadata.bar_rows or 0) if metadata.bar_below else 0
    # resized with its bar, or after the bar was cut off
    for whole, kept in ((high + bar, bar), (high, 0)):
        if wide != cols and abs(rows * scale - whole) <= max(scale, 1.0):
            return _rescaled(metadata, scale, math.ceil(kept / scale), (rows, cols))
    return _refused(metadata, f"{wide} x {high} pixels, this image has {cols} x {rows}")


def _refused(metadata: MicroscopeMetadata, sizes: str) -> MicroscopeMetadata:
    cause = f"its {metadata.vendor} metadata describe {sizes}: cut out or resized"
    of_size = f"{cause}; its pixel size is not known, {NM_PER_PX_ADVICE}"
    of_bar = f"{cause}; its data bar is not known from them, --databar gives its height"
    return replace(
        metadata,
        nm_per_pixel=None,
        nm_from=None,
        bar_rows=None,
        bar_from=None,
        pixel_size_warnings=metadata.pixel_size_warnings + (of_size,) * bool(metadata.nm_per_pixel),
        bar_warnings=metadata.bar_warnings + (of_bar,) * metadata.bar_below,
    )


def _rescaled(metadata: MicroscopeMetadata, scale: float, bar: int, shape: tuple[int, int]) -> MicroscopeMetadata:
    bar_rows = bar if metadata.bar_below and metadata.bar_rows is not None else None
    if metadata.nm_per_pixel is None:
        return replace(metadata, bar_rows=bar_rows)
    nm = metadata.nm_per_pixel * scale
    wide = (metadata.scanned or shape)[1]
    warning = (
        f"resized from {wide} to {shape[1]} pixels across after it was saved: "
        f"the stated {metadata.nm_per_pixel:.5g} nm per pixel become {nm:.5g}; if it was cut out, give --nm-per-px"
    )
    return replace(
        metadata,
        nm_per_pixel=nm,
        nm_from=f"{metadata.nm_from}, rescaled",
        bar_rows=bar_rows,
        pixel_size_warnings=(*metadata.pixel_size_warnings, warning),
    )


def _checked_bar(metadata: MicroscopeMetadata, rows: int) -> MicroscopeMetadata:
    if metadata.bar_rows is None or 0 <= metadata.bar_rows <= LARGEST_BAR_SHARE * rows:
        return metadata
    warning = (
        f"its {metadata.vendor} metadata state an impossible data bar height ({metadata.bar_rows}); "
        "give it with --databar"
    )
    return replace(metadata, bar_rows=None, bar_from=None, bar_warnings=(*metadata.bar_warnings, warning))


def warn_without_pixel_size(metadata: MicroscopeMetadata) -> MicroscopeMetadata:
    """Add a warning where no pixel size is stated and no warning gives the reason."""
    if metadata.nm_per_pixel is not None or metadata.pixel_size_warnings:
        return metadata
    warning = f"its {metadata.vendor} metadata state no pixel size: sizes stay in pixels; {NM_PER_PX_ADVICE}"
    return replace(metadata, pixel_size_warnings=(warning,))
