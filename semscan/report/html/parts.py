"""Small pieces of HTML. Whatever comes from a file goes through `esc`."""

from __future__ import annotations

import html
import math
import os
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from semscan.values.record import AnyRecord

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
NONE = '<span class="none">–</span>'


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG to embed. `width` and `height` in its own pixels; `width_nm` is what its width shows, None if unknown;
    `box` is left, top, width and height of a region in it, as shares of its size."""

    jpeg: bytes
    width: int
    height: int
    width_nm: float | None = None
    box: tuple[float, float, float, float] | None = None

    @property
    def uri(self) -> str:
        """The picture as an address that needs no file."""
        return "data:image/jpeg;base64," + b64encode(self.jpeg).decode("ascii")


def esc(value: Any) -> str:
    """Any value as text for HTML, also inside quotes; what HTML does not allow becomes visible."""
    text = str(value).encode("utf-8", "backslashreplace").decode("utf-8")
    return html.escape(_CONTROLS.sub("\ufffd", text))


def utc(time: str) -> str:
    """
    >>> utc("2026-11-20T20:04:31+00:00")
    '2026-11-20 20:04:31 UTC'
    """
    return time.replace("T", " ").replace("+00:00", " UTC")


def names_of(records: Iterable[AnyRecord]) -> tuple[str, list[tuple[str, str]]]:
    """The folder that all images share, and of each image its name and the folders in between.

    >>> from semscan.values.record import ErrorRecord
    >>> names_of(ErrorRecord(image=image, source="", error="") for image in ("lot/a/1.png", "lot/2.png"))
    ('lot', [('1.png', 'a'), ('2.png', '')])
    """
    paths = [PurePath(record.image) for record in records]
    try:
        common = os.path.commonpath({path.parent for path in paths})
    except ValueError:  # none, or absolute and relative ones
        common = ""
    between = (path.parent.relative_to(common) if common else path.parent for path in paths)
    ways = ("" if str(way) == "." else str(way) for way in between)
    names = [(path.name or str(path), way) for path, way in zip(paths, ways, strict=True)]
    return "" if common == "." else common, names


def many(count: int, what: str) -> str:
    """
    >>> many(1, "image"), many(1200, "image")
    ('1 image', '1,200 images')
    """
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def figure(value: float | None, digits: int = 3) -> str:
    """A number to so many digits, or a dash."""
    return NONE if value is None else esc(plain(value, digits))


def plain(value: float, digits: int = 3) -> str:
    """A number to so many digits, written out where that is short, in powers of ten where not.

    >>> plain(0.12345), plain(12345.6), plain(3.2e9), plain(0)
    ('0.123', '12,346', '3.20 × 10⁹', '0')
    """
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    if -4 <= size < 6:
        return f"{value:,.{max(0, digits - 1 - size)}f}"
    mantissa = value / 10.0**size
    return f"{mantissa:.{digits - 1}f} × 10{str(size).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def entries(pairs: Mapping[str, str], kind: str = "facts") -> str:
    """A list of names and what they are; the values are HTML already."""
    rows = "".join(f"<div><dt>{esc(name)}</dt><dd>{value}</dd></div>" for name, value in pairs.items())
    return f'<dl class="{kind}">{rows}</dl>'


def section(anchor: str, title: str, body: str) -> str:
    """A part of the page with its own heading; empty if there is nothing in it."""
    if not body:
        return ""
    head = f'<h2 id="{anchor}-title">{title}</h2>'
    return f'<section id="{anchor}" aria-labelledby="{anchor}-title">{head}{body}</section>\n'
