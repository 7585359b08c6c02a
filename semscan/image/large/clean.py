"""Clean a large image that is read in windows: one pass over it shows its grey scale, the rest is done for each window.

The rules are those of `semscan.image.clean`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from semscan.errors import BadImageError
from semscan.image.clean import (
    FULL_SCALE,
    MOST_SAMPLES,
    bar_rows,
    ends_of_histogram,
    ends_of_sample,
    one_level,
    scaled,
)
from semscan.image.data_bar import find_bar_in_rows
from semscan.plane import JudgedRows, Plane
from semscan.settings import ReadSettings
from semscan.values import CleanImage, SemImage

BLOCK_PIXELS = 1 << 23  # that are read at once: their counts are exact as float32
SAMPLED_ROWS = 256  # that show the range of the grey levels, for the letters of a data bar


@dataclass(frozen=True, slots=True)
class Survey:
    """What one pass over the judged rows of an image shows.

    `ends` are the grey levels that become 0 and 1. `small` is float32: the rows, `shrink` times smaller (means of
    blocks), on that scale.
    """

    ends: tuple[float, float]
    lowest: float
    highest: float
    small: np.ndarray
    shrink: int


class ScaledPlane:
    """The grey levels of an image on the scale 0 to 1, float32; see `semscan.image.clean.scaled`."""

    def __init__(self, pixels: Plane, ends: tuple[float, float]) -> None:
        self._pixels = pixels
        self._ends = ends
        self.shape = pixels.shape

    def __getitem__(self, window: tuple[slice, slice]) -> np.ndarray:
        """Return a window, float32."""
        return scaled(self._pixels[window], *self._ends)


def clean_windows(
    image: SemImage, settings: ReadSettings, shrink_of: Callable[[tuple[int, ...]], int]
) -> tuple[CleanImage, Survey]:
    """Scale the grey levels of an image to 0 to 1, and exclude its data bar, as `semscan.image.clean.clean` does.

    Parameters
    ----------
    image : SemImage
        Its `pixels` are a plane of which windows are read.
    settings : ReadSettings
        Without areas to ignore.
    shrink_of : callable
        Returns by how many times `Survey.small` is smaller, from (rows, cols) of the judged rows.

    Returns
    -------
    CleanImage
        Its `values` and `judged` are planes.
    Survey

    Raises
    ------
    BadImageError
        If there are NaN or infinite pixels, one single grey level, or too few rows above the data bar.
    """
    bar, bar_source, bar_warnings = bar_rows(image, settings.databar, _find_bar)
    end = image.pixels.shape[0] - bar
    survey = _survey(image, end, shrink_of((end, image.pixels.shape[1])))
    warnings = (*image.warnings, *bar_warnings)
    if survey.lowest == survey.highest:
        if not bar:
            raise BadImageError(
                f"{image.source}: every pixel has the value {survey.lowest:g}, so it shows nothing; "
                "take the image again"
            )
        warnings += (one_level(survey.lowest),)
    values = ScaledPlane(image.pixels, survey.ends)
    judged = JudgedRows((image.pixels.shape[0], image.pixels.shape[1]), end)
    # planes where others have arrays: only windows of them are asked for
    return (
        CleanImage(
            values,  # type: ignore[arg-type]
            judged,  # type: ignore[arg-type]
            warnings,
            image.source,
            image.nm_per_pixel,
            bar,
            bar_source,
        ),
        survey,
    )


def _find_bar(pixels: Plane, *, slack: int) -> int:
    rows, cols = pixels.shape

    def read(part: slice) -> np.ndarray:
        if (part.step or 1) == 1:
            return pixels[part, slice(0, cols)]
        return np.concatenate([pixels[slice(row, row + 1), slice(0, cols)] for row in range(*part.indices(rows))])

    def span() -> float:
        sample = read(slice(0, rows, max(1, rows // SAMPLED_ROWS)))
        return float(sample.max()) - float(sample.min())

    return find_bar_in_rows(read, rows, span, slack=slack)


def _survey(image: SemImage, end: int, shrink: int) -> Survey:
    """Look once at the first `end` rows."""
    cols, dtype = image.pixels.shape[1], image.pixels.dtype
    counts = np.zeros(256 if dtype == np.uint8 else 65536, np.int64)
    step = -(-end * cols // MOST_SAMPLES)
    samples, small = [], []
    lowest, highest = np.inf, -np.inf
    height = max(1, BLOCK_PIXELS // (cols * shrink)) * shrink
    for top in range(0, end, height):
        block = np.ascontiguousarray(image.pixels[top : min(top + height, end), 0:cols])
        least, most = float(block.min()), float(block.max())
        if not np.isfinite(least + most):
            count = int(np.count_nonzero(~np.isfinite(block)))
            raise BadImageError(
                f"{image.source}: {count} of its pixels in rows {top} to {top + len(block) - 1} are NaN or infinite, "
                "wanted numbers; save it again"
            )
        lowest, highest = min(lowest, least), max(highest, most)
        if dtype.kind == "u":
            counts += cv2.calcHist([block], [0], None, [len(counts)], [0, len(counts)]).ravel().astype(np.int64)
        else:
            samples.append(block.ravel()[-top * cols % step :: step])  # every step-th pixel of the image
        small.append(_shrunk(block, shrink))
    ends = FULL_SCALE
    if dtype != np.uint8:
        ends = ends_of_histogram(counts) if dtype.kind == "u" else ends_of_sample(np.concatenate(samples))
        ends = ends if ends[1] > ends[0] else (lowest, highest)
    whole = np.concatenate([part for part in small if part.size] or [np.zeros((0, 0), np.float32)])
    return Survey(ends, lowest, highest, _on_scale(whole, dtype, ends), shrink)


def _shrunk(block: np.ndarray, shrink: int) -> np.ndarray:
    """Return means of whole blocks of shrink x shrink, float32."""
    rows, cols = (side // shrink for side in block.shape)
    if not rows or not cols:
        return np.zeros((0, cols), np.float32)
    whole = block[: rows * shrink, : cols * shrink].astype(np.float32)
    return cv2.resize(whole, (cols, rows), interpolation=cv2.INTER_AREA)


def _on_scale(means: np.ndarray, dtype: np.dtype, ends: tuple[float, float]) -> np.ndarray:
    return means * np.float32(1 / 255) if dtype == np.uint8 else scaled(means, *ends)
