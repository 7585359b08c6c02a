"""What is understood of an image file, as a record and as lines to read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from semscan.values import CleanImage, SemImage

_CONDITIONS = ("kv", "magnification", "working_distance_mm", "detector", "dwell_us", "date")
_WIDTH = 16


def about_record(
    given: str, source: str, image: SemImage, cleaned: CleanImage, quality: Mapping[str, float | None]
) -> dict[str, Any]:
    """The record of one page; None where the file does not say.

    `field_of_view_um` is width and height of the image without its data bar.
    """
    rows, cols = image.pixels.shape
    told, nm = image.metadata, image.nm_per_pixel
    field = None if nm is None else [_shorter(side * nm / 1000) for side in (cols, rows - cleaned.data_bar_px)]
    return {
        "image": given,
        "source": source,
        "status": "ok",
        "format": told.get("format"),
        "dtype": told.get("dtype"),
        "bits": _bits(str(told.get("dtype"))),
        "colour": told.get("colour"),
        "width": cols,
        "height": rows,
        "page": told.get("page"),
        "pages": told.get("pages"),
        "vendor": told.get("vendor"),
        "nm_per_pixel": nm,
        "nm_per_pixel_source": told.get("nm_per_pixel_source"),
        "data_bar_px": cleaned.data_bar_px,
        "data_bar_source": cleaned.data_bar_source,
        "judged_fraction": round(cleaned.judged_fraction, 6),
        "ignored_fraction": round(cleaned.ignored_fraction, 6),
        "field_of_view_um": field,
        **{name: told.get(name) for name in _CONDITIONS},
        "grey_min": image.pixels.min().item(),
        "grey_max": image.pixels.max().item(),
        **{name: None if value is None else _shorter(value) for name, value in quality.items()},
        "warnings": list(cleaned.warnings),
    }


def about_lines(record: Mapping[str, Any]) -> list[str]:
    """A record as a block of lines to read; what is not known is a dash."""
    if record["status"] == "error":
        return [str(record["image"]), f"  cannot be read: {record['error']}", ""]
    page = f", page {record['page']} of {record['pages']} (from 0)" if record["pages"] > 1 else ""
    size = f"{record['width']} x {record['height']} px, {record['dtype']}{page}"
    lines = [
        ("file", f"{record['format']}, {size}"),
        ("grey", f"{record['colour']}; levels {record['grey_min']:g} to {record['grey_max']:g}"),
        ("microscope", _or_dash(record["vendor"])),
        ("pixel size", _said(record["nm_per_pixel"], "{:.5g} nm", record["nm_per_pixel_source"])),
        ("field of view", _field(record["field_of_view_um"])),
        ("data bar", _said(record["data_bar_px"] or None, "{} rows", record["data_bar_source"], "none")),
        ("ignored", f"{record['ignored_fraction']:.1%} of the image" if record["ignored_fraction"] else "nothing"),
        ("beam", _said(record["kv"], "{:g} kV")),
        ("magnification", _said(record["magnification"], "{:g} x")),
        ("distance", _said(record["working_distance_mm"], "{:.4g} mm working distance")),
        ("detector", _or_dash(record["detector"])),
        ("dwell", _said(record["dwell_us"], "{:g} us")),
        ("date", _or_dash(record["date"])),
        ("focus", _said(record["focus"], "{:.4g} (variance of the Laplacian)")),
        ("noise", _said(record["noise"], "{:.2%} of the grey scale")),
        ("saturated", _saturated(record)),
    ]
    block = [str(record["image"]), *(f"  {name:<{_WIDTH}}{value}" for name, value in lines)]
    return [*block, *(f"  {'note':<{_WIDTH}}{warning}" for warning in record["warnings"]), ""]


def _bits(dtype: str) -> int | None:
    digits = "".join(letter for letter in dtype if letter.isdigit())
    return int(digits) if digits else 1 if dtype == "bool" else None


def _shorter(value: float) -> float:
    return float(f"{value:.6g}")


def _or_dash(value: Any) -> str:
    return "-" if value is None else str(value)


def _said(value: Any, form: str, source: str | None = None, otherwise: str = "-") -> str:
    words = otherwise if value is None else form.format(value)
    return f"{words} ({source})" if source else words


def _field(field: list[float] | None) -> str:
    return "-" if field is None else f"{field[0]:.4g} x {field[1]:.4g} um"


def _saturated(record: Mapping[str, Any]) -> str:
    if record["black_fraction"] is None:
        return "-"
    return f"{record['black_fraction']:.2%} black, {record['white_fraction']:.2%} white"
