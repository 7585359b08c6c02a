"""What a method offers that scores a large image in windows, so that neither image nor map is held as a whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from semscan.image.large.clean import Survey
from semscan.pipeline.methods.base import Method, MethodResult
from semscan.plane import TopRows
from semscan.values import CleanImage, SemImage


def judged_plane(image: CleanImage) -> TopRows:
    """Return the judged rows of an image whose `values` are a plane."""
    return TopRows(image.values, image.values.shape[0] - image.data_bar_px)


NOTHING = np.zeros((0, 0), np.float32)  # the raw map of a result whose windows were given away


@dataclass(frozen=True, slots=True)
class ScoredWindow:
    """Raw scores of a window of an image, float32, and its golden reference where the method has one."""

    rows: slice
    cols: slice
    raw: np.ndarray
    reference: np.ndarray | None = None


TakeWindow = Callable[[ScoredWindow], None]


@runtime_checkable
class WindowedMethod(Method, Protocol):
    """A method that can score an image in windows, with the result that it has for the whole image."""

    def can_stream(self, image: SemImage) -> bool:
        """Return whether it can score this image so; its `pixels` are a plane."""

    def score_windows(self, image: CleanImage, survey: Survey, take: TakeWindow) -> MethodResult:
        """Score an image in windows, and give each to `take`.

        Windows come row by row: those of the same rows from left to right, over the whole width, then the next rows.
        They cover the judged rows; `raw` of the result is `NOTHING`.
        """
