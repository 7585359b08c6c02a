"""Critical dimensions of an image as JSON: lengths with their uncertainty, roughness, and all of a pattern."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from semscan.values.json_record import JsonRecord

Interval = tuple[float, float]
LINES = "lines"
HOLES = "holes"
STEP = "step"  # the edge rule without a level


@dataclass(frozen=True, slots=True, kw_only=True)
class Length(JsonRecord):
    """A length with its standard error and 95 % interval, in px and, where the scale is known, in nm.

    None for an error that a single line cannot show.

    Examples
    --------
    >>> Length.of(14.0, 0.1, (13.8, 14.2), nm_per_pixel=2.0).to_json()["interval_95_nm"]
    [27.6, 28.4]
    """

    OMITTED: ClassVar[frozenset[str]] = frozenset({"nm", "se_nm", "interval_95_nm"})
    DIGITS: ClassVar[Mapping[str, int]] = dict.fromkeys(
        ("px", "se_px", "interval_95_px", "nm", "se_nm", "interval_95_nm"), 4
    )

    px: float
    se_px: float | None = None
    interval_95_px: Interval | None = None
    nm: float | None = None
    se_nm: float | None = None
    interval_95_nm: Interval | None = None

    @classmethod
    def of(cls, px: float, error: float | None, interval: Interval | None, nm_per_pixel: float | None = None) -> Self:
        """Return a length in px, and in nm if the scale is known."""
        if nm_per_pixel is None:
            return cls(px=px, se_px=error, interval_95_px=interval)
        return cls(
            px=px,
            se_px=error,
            interval_95_px=interval,
            nm=px * nm_per_pixel,
            se_nm=None if error is None else error * nm_per_pixel,
            interval_95_nm=None if interval is None else (interval[0] * nm_per_pixel, interval[1] * nm_per_pixel),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(JsonRecord):
    """A number without a unit, or in the unit of its key, with its standard error and 95 % interval."""

    DIGITS: ClassVar[Mapping[str, int]] = {"value": 4, "se": 4, "interval_95": 4}

    value: float
    se: float | None = None
    interval_95: Interval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoughnessRecord(JsonRecord):
    """Roughness of edges (LER) or of line widths (LWR), as three standard deviations.

    `unbiased` is that of a long line, without noise and blur. `biased` is that of the measured positions or widths
    over the evaluated length, `noise` what the noise of the image adds to it: about biased^2 = unbiased^2 + noise^2.
    """

    OMITTED: ClassVar[frozenset[str]] = frozenset({"biased_nm", "noise_nm"})
    DIGITS: ClassVar[Mapping[str, int]] = dict.fromkeys(("biased_px", "noise_px", "biased_nm", "noise_nm", "hurst"), 4)

    unbiased: Length
    biased_px: float
    noise_px: float
    biased_nm: float | None = None
    noise_nm: float | None = None
    correlation_length: Length
    hurst: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimensions(JsonRecord):
    """The critical dimensions of an image; None, and left out, where a pattern has no such thing.

    `edge` is the rule by which edges were placed. `parts` is the number of lines or holes measured.
    """

    OMITTED: ClassVar[frozenset[str]] = frozenset(
        (
            *("line_cd", "space_cd", "pitch_walk", "lwr", "ler", "tilt_deg", "length_px", "length_nm", "dark_lines"),
            *("diameter", "x_diameter", "y_diameter", "ellipticity", "placement_x", "placement_y", "dark_holes"),
        )
    )
    DIGITS: ClassVar[Mapping[str, int]] = {"angle_deg": 4, "blur_px": 3, "length_px": 2, "length_nm": 2}

    pattern: str
    edge: str
    parts: int
    pitch: tuple[Length, ...]
    angle_deg: tuple[float, ...]
    blur_px: float
    line_cd: Length | None = None
    space_cd: Length | None = None
    pitch_walk: Length | None = None
    lwr: RoughnessRecord | None = None
    ler: RoughnessRecord | None = None
    tilt_deg: Number | None = None
    length_px: float | None = None
    length_nm: float | None = None
    dark_lines: bool | None = None
    diameter: Length | None = None
    x_diameter: Length | None = None
    y_diameter: Length | None = None
    ellipticity: Number | None = None
    placement_x: Length | None = None
    placement_y: Length | None = None
    dark_holes: bool | None = None
