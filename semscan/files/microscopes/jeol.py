"""JEOL: a sidecar text of lines ``$KEY value``."""

from __future__ import annotations

from semscan.files.microscopes.base import MetadataBuilder, MetadataSource
from semscan.files.microscopes.metadata import MicroscopeMetadata
from semscan.files.microscopes.quantities import Quantity, kilovolts

VENDOR = "JEOL"
TAGS = ()
SIDECARS = (".txt",)
PREFIXES = ("CM_", "SM_")


def read(source: MetadataSource) -> MicroscopeMetadata | None:
    """Return what a JEOL sidecar states; None if it is not one.

    nm per pixel is the length of the micron marker over its pixels. `CM_FULL_SIZE` is the image without its bar.
    """
    keys = _keys(source.sidecar or "")
    if not keys:
        return None
    builder = MetadataBuilder(VENDOR)

    def quantity(*names: str) -> Quantity | None:
        name = next((name for name in names if keys.get(name)), "")
        return builder.quantity(keys.get(name), f"sidecar's {name}")

    marker = builder.length_nm(quantity("SM_MICRON_MARKER"), "sidecar's SM_MICRON_MARKER")
    bar = quantity("SM_MICRON_BAR")
    source_key = "SM_MICRON_MARKER / SM_MICRON_BAR"
    nm = builder.pixel_nm(marker / bar.value, None, source_key) if marker and bar and bar.value > 0 else None
    magnification = quantity("CM_MAG")
    working = builder.length_nm(quantity("SM_WD"), "sidecar's SM_WD", "mm")
    return builder.build(
        nm_per_pixel=nm,
        nm_from=source_key,
        scanned=_full_size(keys.get("CM_FULL_SIZE", ""), builder),
        kv=kilovolts(quantity("CM_ACCEL_VOLT", "CM_ACCEL_VOLTAGE")),
        magnification=magnification.value if magnification else None,
        working_distance_mm=working / 1e6 if working else None,
        detector=keys.get("CM_SIGNAL") or keys.get("CM_SIGNAL_NAME"),
        date=keys.get("CM_DATE"),
        time=keys.get("CM_TIME"),
    )


def _keys(text: str) -> dict[str, str]:
    """Return the values of ``$CM_`` and ``$SM_`` lines (or ``$$``) by key; the first of equal keys counts."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        key, *value = line.split(maxsplit=1) or [""]
        name = key.lstrip("$").upper()
        if key.startswith("$") and name.startswith(PREFIXES):
            found.setdefault(name, "".join(value).strip())
    return found


def _full_size(text: str, builder: MetadataBuilder) -> tuple[int, int] | None:
    """Return ``1280 960`` as rows and columns."""
    if not text:
        return None
    sides = [builder.number(word, "sidecar's CM_FULL_SIZE") for word in text.split()[:2]]
    if len(sides) < 2 or not all(side and 1 <= side < 1e6 for side in sides):
        builder.warn(f"its {VENDOR} sidecar's CM_FULL_SIZE is {text[:40]!r}, wanted width and height: not used")
        return None
    return int(sides[1] or 0), int(sides[0] or 0)
