"""What every microscope reader shares: its protocol, its input, and the builder of its result.

A reader is a module with `VENDOR`, `TAGS`, `SIDECARS` and `read`, as `MicroscopeReader` states; its name stands in
`semscan.files.microscopes.readers.READERS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from semscan.files.microscopes.metadata import NM_PER_PX_ADVICE, MicroscopeMetadata
from semscan.files.microscopes.quantities import (
    Quantity,
    label,
    length_nm,
    parse_date,
    parse_number,
    parse_quantity,
    positive,
)

SMALLEST_PIXEL_NM = 1e-4
LARGEST_PIXEL_NM = 1e9
SQUARE_TOLERANCE = 0.01  # a pixel whose width and height differ by a smaller share is square
LARGEST_COUNT = 1e9


@dataclass(frozen=True, slots=True)
class MetadataSource:
    """What an image brings along: the private tags of its TIFF page, or the text of one sidecar.

    `rows` and `cols` are the size of the image in pixels. `tags` maps a TIFF tag number to its value as tifffile
    reads it; it is empty for a sidecar. `sidecar` is the sidecar's text, None for tags.
    """

    rows: int
    cols: int
    tags: Mapping[int, object] = field(default_factory=dict)
    sidecar: str | None = None


class MicroscopeReader(Protocol):
    """Reads what the microscopes of one vendor write.

    `VENDOR` is the name in records. `TAGS` are the private TIFF tags to hand over, `SIDECARS` the suffixes of
    sidecar files (lower case, with the dot); either may be empty.
    """

    @property
    def VENDOR(self) -> str: ...

    @property
    def TAGS(self) -> tuple[int, ...]: ...

    @property
    def SIDECARS(self) -> tuple[str, ...]: ...

    def read(self, source: MetadataSource, /) -> MicroscopeMetadata | None:
        """Return what `source` states, with warnings; None if it is not from this vendor. Never raises."""
        ...


class MetadataBuilder:
    """Collects what one image's metadata state, and a warning for each value that cannot be used.

    Parameters
    ----------
    vendor : str
        Name of the vendor, for the result and the warnings.

    Examples
    --------
    >>> builder = MetadataBuilder("JEOL")
    >>> nm = builder.pixel_nm(2.0, None, "SM_MICRON_MARKER")
    >>> metadata = builder.build(nm_per_pixel=nm, kv=builder.number("high", "CM_ACCEL_VOLT"))
    >>> metadata.nm_per_pixel, metadata.warnings
    (2.0, ("its JEOL CM_ACCEL_VOLT is 'high', wanted a number: not used",))
    """

    def __init__(self, vendor: str) -> None:
        self.vendor = vendor
        self._warnings: dict[str, None] = {}  # a set in order: a key may be read twice
        self._pixel_size_warnings: list[str] = []

    def warn(self, message: str) -> None:
        """Add a warning; one that is there is not repeated."""
        self._warnings.setdefault(message)

    def warn_pixel_size(self, message: str) -> None:
        """Add a warning that counts only while the user gives no pixel size."""
        self._pixel_size_warnings.append(message)

    def number(self, value: object, key: str) -> float | None:
        """Return the finite number that `key` states; None, with a warning if there is another value."""
        try:
            return parse_number(value)
        except ValueError as error:
            self._not_used(key, error)
            return None

    def count(self, value: object, key: str) -> int | None:
        """Return the number of pixels that `key` states, truncated; None as for `number`."""
        found = self.number(value, key)
        return None if found is None or abs(found) > LARGEST_COUNT else int(found)

    def quantity(self, text: object, key: str) -> Quantity | None:
        """Return the number and unit that `key` states; None as for `number`."""
        try:
            return parse_quantity(text)
        except ValueError as error:
            self._not_used(key, error)
            return None

    def length_nm(self, length: Quantity | None, key: str, default_unit: str = "") -> float | None:
        """Return the length that `key` states, in nm; None, with a warning if its unit is not one of length."""
        try:
            return None if length is None else length_nm(length, default_unit)
        except ValueError as error:
            self._not_used(key, error)
            return None

    def pixel_nm(self, width: float | None, height: float | None, key: str) -> float | None:
        """Return the width of a pixel in nm if it is a possible one, with warnings otherwise.

        `width` and `height` are in nm; None is one that is not stated.
        """
        if width is None:
            return None
        if not SMALLEST_PIXEL_NM <= width <= LARGEST_PIXEL_NM:
            self.warn_pixel_size(
                f"{self.vendor} {key} states pixels of {width:g} nm, which cannot be; {NM_PER_PX_ADVICE}"
            )
            return None
        if height is not None and height > 0 and abs(height / width - 1) > SQUARE_TOLERANCE:
            self.warn_pixel_size(
                f"its pixels are not square ({width:.5g} nm wide, {height:.5g} nm high): nm per pixel is their "
                "width, so heights and areas in nm are off"
            )
        return width

    def build(
        self,
        *,
        nm_per_pixel: float | None = None,
        nm_from: str = "",
        scanned: tuple[int, int] | None = None,
        bar_rows: int | None = None,
        bar_from: str = "",
        bar_below: bool = True,
        kv: float | None = None,
        magnification: float | None = None,
        working_distance_mm: float | None = None,
        detector: object = None,
        dwell_us: float | None = None,
        date: object = None,
        time: object = None,
    ) -> MicroscopeMetadata:
        """Return all that is stated, with the warnings so far.

        The names are those of `MicroscopeMetadata`; `nm_from` and `bar_from` come without the vendor. A condition
        of zero or less was not measured and becomes None. `detector`, `date` and `time` are as written.
        """
        return MicroscopeMetadata(
            self.vendor,
            nm_per_pixel,
            f"{self.vendor} {nm_from}" if nm_per_pixel else None,
            scanned=scanned,
            bar_rows=bar_rows,
            bar_from=None if bar_rows is None else f"{self.vendor} {bar_from}",
            bar_below=bar_below,
            kv=positive(kv),
            magnification=positive(magnification),
            working_distance_mm=positive(working_distance_mm),
            detector=label(detector),
            dwell_us=positive(dwell_us),
            date=parse_date(date, time),
            pixel_size_warnings=tuple(self._pixel_size_warnings),
            warnings=tuple(self._warnings),
        )

    def _not_used(self, key: str, error: ValueError) -> None:
        self.warn(f"its {self.vendor} {key} {error}: not used")
