"""The result of a calibration: what was measured, and how the folder is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semscan.values.detection import DetectionCurve
from semscan.values.model.calibration import Calibration

Log = Callable[[str], None]
FILTER_GONE = (
    "the new threshold needs a new nuisance filter, so the old one is left out; review results of the new model"
)


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A threshold that was measured on good images, or by a review.

    `before` is the raw threshold that it replaces, `images` the number of good images used, `painted` what it finds of
    painted defects. `news` states all this in words. `write` makes the folder at a path. `method` names a method
    without training; None for a network. `reviewed` counts the regions of a review, and what a nuisance filter makes of
    them; None where good images were used.
    """

    calibration: Calibration
    before: float
    images: int
    painted: DetectionCurve | None
    news: str
    write: Callable[[Path], None]
    method: str | None = None
    reviewed: Mapping[str, Any] | None = None
