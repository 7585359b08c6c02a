"""Hitachi: a sidecar text with a section ``[SemImageFile]``."""

from __future__ import annotations

import re

from semscan.files.microscopes.metadata import MicroscopeMetadata, pixel_size
from semscan.files.microscopes.quantities import kilovolts, label, length_nm, parse_date, positive, quantity
from semscan.files.microscopes.sidecar import Sections

VENDOR = "Hitachi"
SECTION = "semimagefile"


def hitachi(found: Sections) -> MicroscopeMetadata | None:
    """What a Hitachi sidecar says; None if it is none.

    nm per pixel is `PixelSize`, nm. `DataSize` is the image without its bar. Voltages without a unit are volts,
    working distances micrometres, as Hitachi writes them.
    """
    told = found.get(SECTION)
    if told is None:
        return None
    said: list[str] = []
    nm_said: list[str] = []

    def of(key: str) -> tuple[float, str] | None:
        return quantity(told.get(key.casefold()), f"its {VENDOR} sidecar's {key}", said)

    size, working, magnification = of("PixelSize"), of("WorkingDistance"), of("Magnification")
    width = length_nm((size[0], size[1] or "nm"), f"its {VENDOR} sidecar's PixelSize", said) if size else None
    nm = pixel_size(width, None, f"{VENDOR} PixelSize", nm_said)
    what = f"its {VENDOR} sidecar's WorkingDistance"
    far = length_nm((working[0], working[1] or "um"), what, said) if working else None
    match = re.fullmatch(r"(\d{2,6})\s*[xX*,]\s*(\d{2,6})", told.get("datasize", "").strip())
    if told.get("datasize") and not match:
        said.append(f"its {VENDOR} sidecar's DataSize is {told['datasize'][:40]!r}, wanted WIDTHxHEIGHT: not used")
    return MicroscopeMetadata(
        VENDOR,
        nm,
        f"{VENDOR} PixelSize" if nm else None,
        stored=(int(match[2]), int(match[1])) if match else None,
        kv=kilovolts(of("AcceleratingVoltage"), 1e-3),
        magnification=positive(magnification[0]) if magnification else None,
        working_distance_mm=positive(far / 1e6) if far else None,
        detector=label(told.get("signalname")),
        date=parse_date(told.get("date"), told.get("time")),
        about_nm=tuple(nm_said),
        warnings=tuple(said),
    )
