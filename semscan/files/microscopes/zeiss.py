"""Zeiss SmartSEM: keys with label, value and unit in TIFF tag 34118 (CZ_SEM)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from semscan.files.microscopes.metadata import MicroscopeMetadata, pixel_size
from semscan.files.microscopes.quantities import kilovolts, label, length_nm, number, parse_date, positive, quantity

TAG = 34118
VENDOR = "Zeiss"
AGREE = 0.01


def zeiss(tags: Mapping[int, Any], rows: int, cols: int) -> MicroscopeMetadata | None:
    """What Zeiss's tag says; None without it.

    nm per pixel is `ap_image_pixel_size`, which holds at the size in `dp_image_store`; where the key is missing,
    `ap_width` over the columns. `ap_pixel_size` is never used: it is the pixel of the monitor. No key tells the
    data bar, which lies over the image.
    """
    told = tags.get(TAG)
    if not isinstance(told, Mapping):
        return None
    said: list[str] = []
    nm_said: list[str] = []
    length = {key: _length(told, key, said) for key in ("ap_image_pixel_size", "ap_width", "ap_height", "ap_wd")}
    wide, high = length["ap_width"], length["ap_height"]
    stored = _stored(told)
    nm, source = length["ap_image_pixel_size"], f"{VENDOR} ap_image_pixel_size"
    if nm is None and wide:
        nm, source = wide / cols, f"{VENDOR} ap_width / columns"
        # the field's own shape tells a cut-out, whatever the size it was resized to
        stored = (rows, cols) if not high or abs(wide / high * rows / cols - 1) <= AGREE else stored
        if stored != (rows, cols):
            nm = None
            nm_said.append(
                f"its {VENDOR} field of view is not of this image's shape ({cols} x {rows}): cut out or stretched; "
                "its pixel size is not known, give it with --nm-per-px"
            )
    elif nm and wide and stored is None:
        stored = (round(high / nm) if high else rows, round(wide / nm))
    nm = pixel_size(nm, None, f"{VENDOR} ap_image_pixel_size", nm_said)
    return MicroscopeMetadata(
        VENDOR,
        nm,
        source if nm else None,
        stored=stored if nm else None,
        bar_below=False,
        kv=kilovolts(_quantity(told, "ap_actualkv", said)),
        magnification=_magnification(told, said),
        working_distance_mm=positive(length["ap_wd"] / 1e6) if length["ap_wd"] else None,
        detector=label(_value(told, "dp_detector_type") or _value(told, "dp_detector_channel")),
        date=parse_date(_value(told, "ap_date"), _value(told, "ap_time")),
        about_nm=tuple(nm_said),
        warnings=tuple(said),
    )


def _value(told: Mapping[str, Any], key: str) -> Any:
    entry = told.get(key)
    return entry[1] if isinstance(entry, tuple) and len(entry) > 1 else None


def _quantity(told: Mapping[str, Any], key: str, said: list[str]) -> tuple[float, str] | None:
    """Value and unit: apart, or still in one text where the number has a comma."""
    entry, what = told.get(key), f"its {VENDOR} tag {key}"
    if isinstance(entry, tuple) and len(entry) > 2:
        found = number(entry[1], what, said)
        return None if found is None else (found, str(entry[2]))
    return quantity(_value(told, key), what, said)


def _length(told: Mapping[str, Any], key: str, said: list[str]) -> float | None:
    return positive(length_nm(_quantity(told, key, said), f"its {VENDOR} tag {key}", said))


def _magnification(told: Mapping[str, Any], said: list[str]) -> float | None:
    """``10.01 K X`` is 10010."""
    found = _quantity(told, "ap_mag", said)
    if found is None:
        return None
    return positive(found[0] * {"k": 1e3, "m": 1e6}.get(found[1].strip()[:1].casefold(), 1.0))


def _stored(told: Mapping[str, Any]) -> tuple[int, int] | None:
    """``1024 * 768`` as rows and columns."""
    match = re.fullmatch(r"\s*(\d{2,6})\s*[*xX]\s*(\d{2,6})\s*", str(_value(told, "dp_image_store") or ""))
    return (int(match[2]), int(match[1])) if match else None
