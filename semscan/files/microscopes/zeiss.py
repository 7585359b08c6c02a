"""Zeiss SmartSEM: keys with label, value and unit in TIFF tag 34118 (CZ_SEM)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from semscan.files.microscopes.base import MetadataBuilder, MetadataSource
from semscan.files.microscopes.metadata import MicroscopeMetadata
from semscan.files.microscopes.quantities import Quantity, kilovolts, positive

VENDOR = "Zeiss"
TAG = 34118
TAGS = (TAG,)
SIDECARS = ()
SHAPE_TOLERANCE = 0.01  # the field's and the image's ratio of sides agree within this share
MAGNIFICATION_PREFIXES = {"k": 1e3, "m": 1e6}


def read(source: MetadataSource) -> MicroscopeMetadata | None:
    """Return what Zeiss's tag states; None without it.

    nm per pixel is `ap_image_pixel_size`, which holds at the size in `dp_image_store`; where the key is missing,
    `ap_width` over the columns. `ap_pixel_size` is never used: it is the pixel of the monitor. No key states the
    data bar, which lies over the image.
    """
    tag = source.tags.get(TAG)
    if not isinstance(tag, Mapping):
        return None
    stated = _Keys(tag, MetadataBuilder(VENDOR))
    pixel = stated.length_nm("ap_image_pixel_size")
    width = stated.length_nm("ap_width")
    height = stated.length_nm("ap_height")
    working = stated.length_nm("ap_wd")
    if pixel is None and width:
        nm_from = "ap_width / columns"
        nm, scanned = _from_field(width, height, source, stated)
    else:
        nm_from = "ap_image_pixel_size"
        nm = pixel
        scanned = _stored_size(stated) or _size_of_field(width, height, pixel, source)
    nm = stated.builder.pixel_nm(nm, None, "ap_image_pixel_size")
    return stated.builder.build(
        nm_per_pixel=nm,
        nm_from=nm_from,
        scanned=scanned if nm else None,
        bar_below=False,
        kv=kilovolts(stated.quantity("ap_actualkv")),
        magnification=_magnification(stated),
        working_distance_mm=working / 1e6 if working else None,
        detector=stated.value("dp_detector_type") or stated.value("dp_detector_channel"),
        date=stated.value("ap_date"),
        time=stated.value("ap_time"),
    )


class _Keys:
    """The values of the tag's keys; malformed ones become warnings of the builder."""

    def __init__(self, tag: Mapping[str, Any], builder: MetadataBuilder) -> None:
        self.tag = tag
        self.builder = builder

    def value(self, key: str) -> Any:
        entry = self.tag.get(key)
        return entry[1] if isinstance(entry, tuple) and len(entry) > 1 else None

    def quantity(self, key: str) -> Quantity | None:
        """Return value and unit: separate, or still in one text where the number has a comma."""
        entry = self.tag.get(key)
        if isinstance(entry, tuple) and len(entry) > 2:
            found = self.builder.number(entry[1], f"tag {key}")
            return None if found is None else Quantity(found, str(entry[2]))
        return self.builder.quantity(self.value(key), f"tag {key}")

    def length_nm(self, key: str) -> float | None:
        return positive(self.builder.length_nm(self.quantity(key), f"tag {key}"))


def _from_field(
    width: float, height: float | None, source: MetadataSource, stated: _Keys
) -> tuple[float | None, tuple[int, int] | None]:
    """Return nm per pixel from the field of view (nm), and the size for which it holds."""
    shape = (source.rows, source.cols)
    # the field's own shape shows a cut-out, whatever the size it was resized to
    same_shape = not height or abs(width / height * source.rows / source.cols - 1) <= SHAPE_TOLERANCE
    if same_shape or _stored_size(stated) == shape:
        return width / source.cols, shape
    stated.builder.warn_pixel_size(
        f"its {VENDOR} field of view is not of this image's shape ({source.cols} x {source.rows}): cut out or "
        "stretched; its pixel size is not known, give it with --nm-per-px"
    )
    return None, None


def _magnification(stated: _Keys) -> float | None:
    """Return ``10.01 K X`` as 10010."""
    found = stated.quantity("ap_mag")
    if found is None:
        return None
    return found.value * MAGNIFICATION_PREFIXES.get(found.unit.strip()[:1].casefold(), 1.0)


def _stored_size(stated: _Keys) -> tuple[int, int] | None:
    """Return ``1024 * 768`` as rows and columns."""
    match = re.fullmatch(r"\s*(\d{2,6})\s*[*xX]\s*(\d{2,6})\s*", str(stated.value("dp_image_store") or ""))
    return (int(match[2]), int(match[1])) if match else None


def _size_of_field(
    width: float | None, height: float | None, pixel: float | None, source: MetadataSource
) -> tuple[int, int] | None:
    """Return rows and columns of a field of this width and height, all in nm; None where that is not stated."""
    if not pixel or not width:
        return None
    return (round(height / pixel) if height else source.rows), round(width / pixel)
