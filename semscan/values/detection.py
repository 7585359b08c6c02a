"""How likely a defect is found, by its size and its contrast: values that go from measuring to cards and pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from semscan.values.json_record import JsonRecord

Interval = tuple[float, float]
SAME = 1e-3
STATED_CONTRAST = 0.2  # share of the grey scale, for which sizes are stated


@dataclass(frozen=True, slots=True)
class TriedDefect:
    """A defect of known place, and how the method scored it.

    Parameters
    ----------
    kind : str
        Of a painted defect, as in `semscan.synth.painting.kinds.PAINTERS`; of a real one its class.
    size_px : float
        Diameter of a circle of its area, pixels of the file.
    contrast : float or None
        Mean absolute change of its pixels, as a share of the grey scale; None for a real defect, whose place nobody
        saw without it.
    peak : float
        The largest score on it, in multiples of the threshold.
    before : float
        The largest score in its place without it, in multiples of the threshold. What is marked anyway is not found.
    """

    kind: str
    size_px: float
    contrast: float | None
    peak: float
    before: float = 0.0

    @property
    def found(self) -> bool:
        """Whether a pixel of it lies above the threshold, and none did without it."""
        return self.peak > 1 >= self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectedShare(JsonRecord):
    """Of the defects from `above` to `below` (pixels, or a share of the grey scale), how many were found."""

    DIGITS: ClassVar[Mapping[str, int]] = {"above": 2, "below": 2}

    above: float
    below: float
    defects: int
    found: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionCurve(JsonRecord):
    """The probability of detection of a set of defects.

    `share` of the `defects` were found, with its 95 % interval. Of the `clear` ones, those that any useful model
    finds, `clear_found` were. `a90_px` is the size found nine times in ten, `a90_95_px` the one of which this holds
    with a confidence of 95 %; they stand for defects of the contrast `at_contrast`, or of all contrasts where that is
    None. None: nine in ten are reached at no size up to `largest_px`. `coefficients` are those of the logistic curve
    over (1, ln size, ln contrast), empty where contrasts are not known; `any_contrast` those over (1, ln size) of all
    defects, and `a90_any_px` is the size found nine times in ten by that curve. Both are empty for too few defects.
    """

    DIGITS: ClassVar[Mapping[str, int]] = {
        "share": 4,
        "share_95": 4,
        "a90_px": 2,
        "a90_95_px": 2,
        "a90_any_px": 2,
        "a90_nm": 2,
        "a90_95_nm": 2,
        "smallest_px": 2,
        "largest_px": 2,
        "coefficients": 6,
        "any_contrast": 6,
    }

    defects: int
    found: int
    share: float
    share_95: Interval
    clear: int = 0
    clear_found: int = 0
    at_contrast: float | None = None
    a90_px: float | None = None
    a90_95_px: float | None = None
    a90_nm: float | None = None
    a90_95_nm: float | None = None
    a90_any_px: float | None = None
    smallest_px: float
    largest_px: float
    by_size: tuple[DetectedShare, ...] = ()
    by_contrast: tuple[DetectedShare, ...] = ()
    kinds: Mapping[str, DetectedShare] | None = None
    coefficients: tuple[float, ...] = ()
    any_contrast: tuple[float, ...] = ()

    @property
    def a90_is_smallest(self) -> bool:
        """Whether the size found nine times in ten is the smallest that there is, so that smaller ones may be too."""
        return self.a90_px is not None and self.a90_px <= self.smallest_px * (1 + SAME)

    @property
    def clear_share(self) -> float | None:
        """Share of the clear defects that was found; None without any."""
        return self.clear_found / self.clear if self.clear else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionFigures(JsonRecord):
    """The probability of detection of painted and of real defects, side by side.

    `painted_on` says in words which images were painted into. `share_of_real_expected` is the share of the real
    defects that would be found if they were as easy as painted ones of their sizes. `a90_ratio` is the size of real
    defects found nine times in ten, over that of painted ones, all contrasts together.
    """

    DIGITS: ClassVar[Mapping[str, int]] = {"share_of_real_expected": 4, "a90_ratio": 3}

    painted: DetectionCurve | None = None
    painted_on: str | None = None
    real: DetectionCurve | None = None
    share_of_real_expected: float | None = None
    a90_ratio: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectsFrom(JsonRecord):
    """The diameter from which defects of a contrast are found nine times in ten, in pixels and, where known, in nm."""

    DIGITS: ClassVar[Mapping[str, int]] = {"px": 1, "nm": 2}

    px: float
    nm: float | None = None
    contrast: float = STATED_CONTRAST
