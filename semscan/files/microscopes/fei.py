"""FEI and Thermo Fisher: sections of keys in TIFF tags 34680 and 34682."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from semscan.files.microscopes.base import MetadataBuilder, MetadataSource
from semscan.files.microscopes.metadata import MicroscopeMetadata
from semscan.files.microscopes.quantities import Quantity, kilovolts

VENDOR = "FEI"
TAGS = (34680, 34682)
SIDECARS = ()


def read(source: MetadataSource) -> MicroscopeMetadata | None:
    """Return what FEI's tags state; None without them.

    nm per pixel is `[Scan] PixelWidth`, else `[EScan] PixelWidth`, else `[IRBeam] HFW` over `[Image] ResolutionX`.
    The bar is `[PrivateFei] DatabarHeight`, else what the page has below `[Image] ResolutionY`. Where both are
    there and disagree, the scanned height counts: the page was made from it.
    """
    sections = next((tag for tag in map(source.tags.get, TAGS) if isinstance(tag, Mapping)), None)
    if sections is None:
        return None
    stated = _Sections(sections, MetadataBuilder(VENDOR))
    nm, nm_from = _pixel(stated)
    beam = str(stated.value("Beam", "Beam") or "EBeam")
    working = stated.number(beam, "WD")
    dwell = stated.number("Scan", "Dwelltime") or stated.number("EScan", "Dwell")
    high = stated.count("Image", "ResolutionY")
    wide = stated.count("Image", "ResolutionX")
    bar = stated.count("PrivateFei", "DatabarHeight")
    volts = stated.number("Beam", "HV") or stated.number(beam, "HV")
    magnification = stated.number("Image", "Magnification")
    date, time = _when(stated)
    return stated.builder.build(
        nm_per_pixel=nm,
        nm_from=nm_from,
        scanned=(high, wide or source.cols) if high else None,
        bar_rows=bar,
        bar_from="[PrivateFei] DatabarHeight",
        kv=kilovolts(Quantity(volts, "V")) if volts else None,
        magnification=magnification,
        working_distance_mm=working * 1e3 if working else None,
        detector=stated.value("Detectors", "Name"),
        dwell_us=dwell * 1e6 if dwell else None,
        date=date,
        time=time,
    )


class _Sections:
    """The values of the sections by their keys; malformed ones become warnings of the builder."""

    def __init__(self, sections: Mapping[str, Any], builder: MetadataBuilder) -> None:
        self.sections = sections
        self.builder = builder

    def value(self, section: str, key: str) -> object:
        part = self.sections.get(section)
        return part.get(key) if isinstance(part, Mapping) else None

    def number(self, section: str, key: str) -> float | None:
        return self.builder.number(self.value(section, key), f"tag [{section}] {key}")

    def count(self, section: str, key: str) -> int | None:
        return self.builder.count(self.value(section, key), f"tag [{section}] {key}")


def _pixel(stated: _Sections) -> tuple[float | None, str]:
    """Return nm per pixel and the key that states it."""
    for section in ("Scan", "EScan"):
        width = stated.number(section, "PixelWidth")
        height = stated.number(section, "PixelHeight")
        if width:
            key = f"[{section}] PixelWidth"
            return stated.builder.pixel_nm(width * 1e9, height * 1e9 if height else None, key), key
    field_width = stated.number("IRBeam", "HFW")
    columns = stated.number("Image", "ResolutionX")
    if field_width and columns and columns > 0:
        key = "[IRBeam] HFW / [Image] ResolutionX"
        return stated.builder.pixel_nm(field_width * 1e9 / columns, None, key), key
    return None, ""


def _when(stated: _Sections) -> tuple[object, object]:
    """Return date and time; TimeOfCreation has the day first, the user's own date is in the country's way."""
    day, _, clock = str(stated.value("PrivateFei", "TimeOfCreation") or "").partition(" ")
    return (day, clock) if day else (stated.value("User", "Date"), stated.value("User", "Time"))
