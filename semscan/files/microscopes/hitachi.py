"""Hitachi: a sidecar text with a section ``[SemImageFile]``."""

from __future__ import annotations

import re

from semscan.files.microscopes.base import MetadataBuilder, MetadataSource
from semscan.files.microscopes.metadata import MicroscopeMetadata
from semscan.files.microscopes.quantities import Quantity, kilovolts
from semscan.files.microscopes.sidecar import sections

VENDOR = "Hitachi"
TAGS = ()
SIDECARS = (".txt",)
SECTION = "semimagefile"


def read(source: MetadataSource) -> MicroscopeMetadata | None:
    """Return what a Hitachi sidecar states; None if it is not one.

    nm per pixel is `PixelSize`, nm. `DataSize` is the image without its bar. Voltages without a unit are volts,
    working distances micrometres, as Hitachi writes them.
    """
    keys = sections(source.sidecar or "").get(SECTION)
    if keys is None:
        return None
    builder = MetadataBuilder(VENDOR)

    def quantity(key: str) -> Quantity | None:
        return builder.quantity(keys.get(key.casefold()), f"sidecar's {key}")

    size = quantity("PixelSize")
    working = quantity("WorkingDistance")
    magnification = quantity("Magnification")
    nm = builder.pixel_nm(builder.length_nm(size, "sidecar's PixelSize", "nm"), None, "PixelSize")
    distance = builder.length_nm(working, "sidecar's WorkingDistance", "um")
    return builder.build(
        nm_per_pixel=nm,
        nm_from="PixelSize",
        scanned=_data_size(keys.get("datasize", ""), builder),
        kv=kilovolts(quantity("AcceleratingVoltage"), 1e-3),
        magnification=magnification.value if magnification else None,
        working_distance_mm=distance / 1e6 if distance else None,
        detector=keys.get("signalname"),
        date=keys.get("date"),
        time=keys.get("time"),
    )


def _data_size(text: str, builder: MetadataBuilder) -> tuple[int, int] | None:
    """Return ``1280x960`` as rows and columns."""
    match = re.fullmatch(r"(\d{2,6})\s*[xX*,]\s*(\d{2,6})", text.strip())
    if text and not match:
        builder.warn(f"its {VENDOR} sidecar's DataSize is {text[:40]!r}, wanted WIDTHxHEIGHT: not used")
    return (int(match[2]), int(match[1])) if match else None
