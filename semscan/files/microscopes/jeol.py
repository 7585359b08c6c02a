"""JEOL: a sidecar text of lines ``$KEY value``."""

from __future__ import annotations

from semscan.files.microscopes.metadata import MicroscopeMetadata, pixel_size
from semscan.files.microscopes.quantities import kilovolts, label, length_nm, number, parse_date, positive, quantity

VENDOR = "JEOL"
KEYS = ("CM_", "SM_")


def jeol(text: str) -> MicroscopeMetadata | None:
    """What a JEOL sidecar says; None if it is none.

    nm per pixel is the length of the micron marker over its pixels; `CM_FULL_SIZE` is the image without its bar.
    """
    told: dict[str, str] = {}
    for line in text.splitlines():
        key, *value = line.strip().split(maxsplit=1)[:2] or [""]
        if key.startswith("$") and key.lstrip("$").upper().startswith(KEYS):
            told.setdefault(key.lstrip("$").upper(), value[0] if value else "")
    if not told:
        return None
    said: list[str] = []
    nm_said: list[str] = []

    def of(*keys: str) -> tuple[float, str] | None:
        key = next((key for key in keys if told.get(key)), "")
        return quantity(told.get(key), f"its {VENDOR} sidecar's {key}", said)

    marker, bar = of("SM_MICRON_MARKER"), of("SM_MICRON_BAR")
    length = length_nm(marker, f"its {VENDOR} sidecar's SM_MICRON_MARKER", said)
    what = f"{VENDOR} SM_MICRON_MARKER / SM_MICRON_BAR"
    nm = pixel_size(length / bar[0], None, what, nm_said) if length and bar and bar[0] > 0 else None
    magnification, working = of("CM_MAG"), of("SM_WD")
    return MicroscopeMetadata(
        VENDOR,
        nm,
        what if nm else None,
        stored=_full_size(told.get("CM_FULL_SIZE", ""), said),
        kv=kilovolts(of("CM_ACCEL_VOLT", "CM_ACCEL_VOLTAGE")),
        magnification=positive(magnification[0]) if magnification else None,
        working_distance_mm=_millimetres(working),
        detector=label(told.get("CM_SIGNAL") or told.get("CM_SIGNAL_NAME")),
        date=parse_date(told.get("CM_DATE"), told.get("CM_TIME")),
        about_nm=tuple(nm_said),
        warnings=tuple(said),
    )


def _millimetres(found: tuple[float, str] | None) -> float | None:
    length = length_nm((found[0], found[1] or "mm"), "", []) if found else None
    return positive(length / 1e6) if length else None


def _full_size(words: str, said: list[str]) -> tuple[int, int] | None:
    """``1280 960`` as rows and columns."""
    if not words:
        return None
    sides = [number(word, f"its {VENDOR} sidecar's CM_FULL_SIZE", said) for word in words.split()[:2]]
    if len(sides) < 2 or not all(side and 1 <= side < 1e6 for side in sides):
        said.append(f"its {VENDOR} sidecar's CM_FULL_SIZE is {words[:40]!r}, wanted width and height: not used")
        return None
    return int(sides[1] or 0), int(sides[0] or 0)
