"""FEI and Thermo Fisher: sections of keys in TIFF tags 34680 and 34682."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from semscan.files.microscopes.metadata import MicroscopeMetadata, pixel_size
from semscan.files.microscopes.quantities import kilovolts, label, number, parse_date, positive

TAGS = (34680, 34682)
VENDOR = "FEI"


def fei(tags: Mapping[int, Any], rows: int, cols: int) -> MicroscopeMetadata | None:
    """What FEI's tags say; None without them.

    nm per pixel is `[Scan] PixelWidth`, else `[EScan] PixelWidth`, else `[IRBeam] HFW` over `[Image] ResolutionX`.
    The bar is `[PrivateFei] DatabarHeight`, else what the page has below `[Image] ResolutionY`; where both are
    there and disagree, the scanned height wins: it is what the page was made from.
    """
    told = next((tags[tag] for tag in TAGS if isinstance(tags.get(tag), Mapping)), None)
    if told is None:
        return None
    said: list[str] = []
    nm_said: list[str] = []
    nm, source = _pixel(told, said, nm_said)
    beam = _text(told, "Beam", "Beam") or "EBeam"
    working = _number(told, beam, "WD", said)
    dwell = _number(told, "Scan", "Dwelltime", said) or _number(told, "EScan", "Dwell", said)
    high, wide = (_whole(told, "Image", key, said) for key in ("ResolutionY", "ResolutionX"))
    bar = _whole(told, "PrivateFei", "DatabarHeight", said)
    voltage = _number(told, "Beam", "HV", said) or _number(told, beam, "HV", said)
    return MicroscopeMetadata(
        VENDOR,
        nm,
        source,
        stored=(high, wide or cols) if high else None,
        bar_rows=bar,
        bar_from=None if bar is None else f"{VENDOR} [PrivateFei] DatabarHeight",
        kv=kilovolts((voltage, "V")) if voltage else None,
        magnification=positive(_number(told, "Image", "Magnification", said)),
        working_distance_mm=positive(working * 1e3) if working else None,
        detector=label(_text(told, "Detectors", "Name")),
        dwell_us=positive(dwell * 1e6) if dwell else None,
        date=parse_date(*_when(told)),
        about_nm=tuple(nm_said),
        warnings=tuple(said),
    )


def _pixel(told: Mapping[str, Any], said: list[str], nm_said: list[str]) -> tuple[float | None, str | None]:
    for section in ("Scan", "EScan"):
        width, height = (_number(told, section, key, said) for key in ("PixelWidth", "PixelHeight"))
        if width:
            what = f"{VENDOR} [{section}] PixelWidth"
            return pixel_size(width * 1e9, height * 1e9 if height else None, what, nm_said), what
    field, wide = _number(told, "IRBeam", "HFW", said), _number(told, "Image", "ResolutionX", said)
    if field and wide and wide > 0:
        what = f"{VENDOR} [IRBeam] HFW / [Image] ResolutionX"
        return pixel_size(field * 1e9 / wide, None, what, nm_said), what
    return None, None


def _when(told: Mapping[str, Any]) -> tuple[Any, Any]:
    """Date and time; TimeOfCreation has the day first, the user's own date is in the country's way."""
    day, _, clock = str(_text(told, "PrivateFei", "TimeOfCreation") or "").partition(" ")
    return (day, clock) if day else (_text(told, "User", "Date"), _text(told, "User", "Time"))


def _text(told: Mapping[str, Any], section: str, key: str) -> Any:
    part = told.get(section)
    return part.get(key) if isinstance(part, Mapping) else None


def _number(told: Mapping[str, Any], section: str, key: str, said: list[str]) -> float | None:
    found: list[str] = []
    value = number(_text(told, section, key), f"its {VENDOR} tag [{section}] {key}", found)
    said += [line for line in found if line not in said]
    return value


def _whole(told: Mapping[str, Any], section: str, key: str, said: list[str]) -> int | None:
    value = _number(told, section, key, said)
    return None if value is None or abs(value) > 1e9 else int(value)
