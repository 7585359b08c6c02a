"""What is known of an image file, as a record and as lines to read."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from semscan.values import CleanImage, ImageQuality, SemImage
from semscan.values.json_record import JsonRecord
from semscan.values.record import ERROR, OK

_CONDITIONS = ("kv", "magnification", "working_distance_mm", "detector", "dwell_us", "date")
_WIDTH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageDescription(JsonRecord):
    """One page of an image file; None where the file does not say.

    `field_of_view_um` is width and height of the image without its data bar. The conditions of the microscope (`kv`
    to `date`) are in the units of their names. Grey levels are as stored. For `focus` to `white_fraction` see
    `semscan.values.ImageQuality`.
    """

    image: str
    source: str
    status: str = OK
    format: str | None
    dtype: str
    bits: int | None
    colour: str | None
    width: int
    height: int
    page: int
    pages: int
    vendor: str | None
    nm_per_pixel: float | None
    nm_per_pixel_source: str | None
    data_bar_px: int
    data_bar_source: str | None
    judged_fraction: float | None
    ignored_fraction: float | None
    field_of_view_um: tuple[float, float] | None
    kv: float | None = None
    magnification: float | None = None
    working_distance_mm: float | None = None
    detector: str | None = None
    dwell_us: float | None = None
    date: str | None = None
    grey_min: float | None
    grey_max: float | None
    focus: float | None = None
    noise: float | None = None
    contrast: float | None = None
    brightness: float | None = None
    black_fraction: float | None = None
    white_fraction: float | None = None
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageError(JsonRecord):
    """A page that could not be read, and why in one line."""

    image: str
    source: str
    status: str = ERROR
    error: str
    page: int


def describe_page(
    given: str, source: str, image: SemImage, cleaned: CleanImage, quality: ImageQuality
) -> ImageDescription:
    """Return the description of one page.

    Parameters
    ----------
    given : str
        The name of the file as given.
    source : str
        Its absolute path.
    image : SemImage
        The page as read.
    cleaned : CleanImage
        The page on one grey scale.
    quality : ImageQuality
        How it was taken.
    """
    measured: dict[str, Any] = {
        name: None if value is None else _rounded(value) for name, value in asdict(quality).items()
    }
    return replace(
        _describe(given, source, image, cleaned.data_bar_px),
        data_bar_source=cleaned.data_bar_source,
        judged_fraction=round(cleaned.judged_fraction, 6),
        ignored_fraction=round(cleaned.ignored_fraction, 6),
        grey_min=image.pixels.min().item(),
        grey_max=image.pixels.max().item(),
        **measured,
        warnings=tuple(cleaned.warnings),
    )


def describe_header(given: str, source: str, header: SemImage) -> ImageDescription:
    """Return the description of a page of which only the header was read; what its pixels would show is None."""
    note = f"the image has {header.pixels.size} pixels: only its header is described"
    described = _describe(given, source, header, header.data_bar_rows)
    return replace(
        described, data_bar_source=header.metadata.get("data_bar_from"), warnings=(*described.warnings, note)
    )


def _describe(given: str, source: str, image: SemImage, bar_rows: int) -> ImageDescription:
    """Return what is known of a page without its pixels."""
    rows, cols = image.pixels.shape
    metadata = image.metadata
    nm = image.nm_per_pixel
    field = None
    if nm is not None:
        field = _rounded(cols * nm / 1000), _rounded((rows - bar_rows) * nm / 1000)
    conditions: dict[str, Any] = {name: metadata.get(name) for name in _CONDITIONS}
    return ImageDescription(
        image=given,
        source=source,
        format=metadata.get("format"),
        dtype=str(metadata.get("dtype")),
        bits=_bits(str(metadata.get("dtype"))),
        colour=metadata.get("colour"),
        width=cols,
        height=rows,
        page=metadata.get("page", 0),
        pages=metadata.get("pages", 1),
        vendor=metadata.get("vendor"),
        nm_per_pixel=nm,
        nm_per_pixel_source=metadata.get("nm_per_pixel_source"),
        data_bar_px=bar_rows,
        data_bar_source=None,
        judged_fraction=None,
        ignored_fraction=None,
        field_of_view_um=field,
        **conditions,
        grey_min=None,
        grey_max=None,
        warnings=image.warnings,
    )


def description_lines(page: ImageDescription | PageError) -> list[str]:
    """Return a description as a block of lines to read; a dash stands for what is not known."""
    if isinstance(page, PageError):
        return [page.image, f"  cannot be read: {page.error}", ""]
    number = f", page {page.page} of {page.pages} (from 0)" if page.pages > 1 else ""
    size = f"{page.width} x {page.height} px, {page.dtype}{number}"
    lines = [
        ("file", f"{page.format}, {size}"),
        ("grey", _grey(page)),
        ("microscope", _or_dash(page.vendor)),
        ("pixel size", _in_words(page.nm_per_pixel, "{:.5g} nm", page.nm_per_pixel_source)),
        ("field of view", _field(page.field_of_view_um)),
        ("data bar", _in_words(page.data_bar_px or None, "{} rows", page.data_bar_source, "none")),
        ("ignored", f"{page.ignored_fraction:.1%} of the image" if page.ignored_fraction else "nothing"),
        ("beam", _in_words(page.kv, "{:g} kV")),
        ("magnification", _in_words(page.magnification, "{:g} x")),
        ("distance", _in_words(page.working_distance_mm, "{:.4g} mm working distance")),
        ("detector", _or_dash(page.detector)),
        ("dwell", _in_words(page.dwell_us, "{:g} us")),
        ("date", _or_dash(page.date)),
        ("focus", _in_words(page.focus, "{:.4g} (variance of the Laplacian)")),
        ("noise", _in_words(page.noise, "{:.2%} of the grey scale")),
        ("saturated", _saturated(page)),
    ]
    block = [page.image, *(f"  {name:<{_WIDTH}}{value}" for name, value in lines)]
    return [*block, *(f"  {'note':<{_WIDTH}}{warning}" for warning in page.warnings), ""]


def _bits(dtype: str) -> int | None:
    digits = "".join(letter for letter in dtype if letter.isdigit())
    return int(digits) if digits else 1 if dtype == "bool" else None


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")


def _or_dash(value: str | None) -> str:
    return "-" if value is None else value


def _in_words(value: float | None, form: str, source: str | None = None, otherwise: str = "-") -> str:
    words = otherwise if value is None else form.format(value)
    return f"{words} ({source})" if source else words


def _field(field: tuple[float, float] | None) -> str:
    return "-" if field is None else f"{field[0]:.4g} x {field[1]:.4g} um"


def _grey(page: ImageDescription) -> str:
    if page.grey_min is None or page.grey_max is None:
        return "-"
    return f"{page.colour}; levels {page.grey_min:g} to {page.grey_max:g}"


def _saturated(page: ImageDescription) -> str:
    if page.black_fraction is None or page.white_fraction is None:
        return "-"
    return f"{page.black_fraction:.2%} black, {page.white_fraction:.2%} white"
