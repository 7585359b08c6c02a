"""Values of the report page: pictures to embed, names of images, numbers as text."""

from __future__ import annotations

import math
import os
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath

from semscan.phrases import plural
from semscan.values.record import AnyRecord

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
many = partial(plural, separator=",")  # a count with its noun, as the page shows it


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG to embed.

    `width` and `height` are in its own pixels. `width_nm` is the length that its width shows, None if unknown. `box`
    is left, top, width and height of a region in it, as shares of its size.
    """

    jpeg: bytes
    width: int
    height: int
    width_nm: float | None = None
    box: tuple[float, float, float, float] | None = None

    @property
    def uri(self) -> str:
        """The picture as an address that needs no file."""
        return "data:image/jpeg;base64," + b64encode(self.jpeg).decode("ascii")


@dataclass(frozen=True, slots=True)
class ImageName:
    """The name of an image, and the folders between it and the folder that all images share."""

    name: str
    folder: str


def names_of(records: Iterable[AnyRecord]) -> tuple[str, list[ImageName]]:
    """Return the folder that all images share, and the name of each image below it.

    Examples
    --------
    >>> from semscan.values.record import ErrorRecord
    >>> images = [ErrorRecord(image=image, source="", error="") for image in ("lot/a/1.png", "lot/2.png")]
    >>> names_of(images)
    ('lot', [ImageName(name='1.png', folder='a'), ImageName(name='2.png', folder='')])
    """
    paths = [_path_of(record.image) for record in records]
    try:
        common = os.path.commonpath({path.parent for path in paths})
    except ValueError:  # no images, or absolute and relative paths
        common = ""
    between = (path.parent.relative_to(common) if common else path.parent for path in paths)
    folders = ("" if str(folder) == "." else str(folder) for folder in between)
    names = [ImageName(path.name or str(path), folder) for path, folder in zip(paths, folders, strict=True)]
    return "" if common == "." else common, names


def _path_of(image: str) -> PurePath:
    """Return the path of an image, with one slash where it begins with two: `commonpath` does not keep both."""
    path = PurePath(image)
    return PurePath("/", *path.parts[1:]) if path.root == "//" else path


def utc(time: str) -> str:
    """Return an ISO time as people write it.

    Examples
    --------
    >>> utc("2026-11-20T20:04:31+00:00")
    '2026-11-20 20:04:31 UTC'
    """
    return time.replace("T", " ").replace("+00:00", " UTC")


def plain(value: float, digits: int = 3) -> str:
    """Return a number to so many digits: written out where that is short, in powers of ten elsewhere.

    Examples
    --------
    >>> plain(0.12345), plain(12345.6), plain(3.2e9), plain(0)
    ('0.123', '12,346', '3.20 × 10⁹', '0')
    """
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    if -4 <= size < 6:
        return f"{value:,.{max(0, digits - 1 - size)}f}"
    mantissa = value / 10.0**size
    return f"{mantissa:.{digits - 1}f} × {power_of_ten(size)}"


def power_of_ten(power: int) -> str:
    """Return a power of ten with its exponent raised.

    Examples
    --------
    >>> power_of_ten(-4)
    '10⁻⁴'
    """
    return f"10{str(power).translate(RAISED)}"
