"""Scale the grey levels of an image to 0 to 1, and exclude its data bar and ignored areas."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from semscan.errors import BadImageError, UsageFault
from semscan.image.data_bar import JPEG_SLACK, find_bar
from semscan.settings import MIN_IMAGE_SIDE, ReadSettings
from semscan.values import CleanImage, SemImage

STRETCH_TAIL = 0.001  # share of the pixels beyond either end of the stretch
TAILS = (STRETCH_TAIL, 1 - STRETCH_TAIL)
FULL_SCALE = (0.0, 255.0)  # of 8 bits
LOWEST = -0.25
HIGHEST = 1.25
MOST_SAMPLES = 1 << 22  # pixels from which percentiles are estimated
# values of `CleanImage.data_bar_source`
FOUND = "pixels"
GIVEN = "given"


def clean(image: SemImage, settings: ReadSettings) -> CleanImage:
    """Scale the grey levels of an image to 0 to 1, and mark the pixels that are judged.

    8 bits are divided by 255. 16 bits and floats are stretched linearly so that the 0.1 %
    and 99.9 % percentiles of the judged area lie at 0 and 1: a detector rarely fills them,
    and 300 grey levels out of 65,536 are then as good as their 8-bit stretch. What lies
    beyond is kept up to -0.25 and 1.25. Pixels that are not judged do not change the scale.

    Parameters
    ----------
    image : SemImage
        As read.
    settings : ReadSettings
        `databar` is "auto" (the rows that the file states, else what `find_bar` finds), "none", or a number of
        rows. Areas to ignore have become `image.ignored` already.

    Returns
    -------
    CleanImage
        `values` float32 (rows, cols); `judged` False in the data bar and where the image says so.

    Raises
    ------
    BadImageError
        If the data bar leaves fewer than 16 rows, or ignored areas fewer than 256 pixels.
    UsageFault
        If `databar` is none of the three.

    Examples
    --------
    >>> pixels = np.tile(np.arange(32, dtype=np.uint8) * 8, (40, 1))
    >>> cleaned = clean(SemImage(pixels, "a.png", data_bar_rows=8), ReadSettings())
    >>> cleaned.judged_fraction
    0.8
    """
    bar, bar_source, bar_warnings = bar_rows(image, settings.databar, find_bar)
    rows = image.pixels.shape[0]
    judged, area = _judged(image, bar)
    ignored = 0.0 if image.ignored is None else float(image.ignored[: rows - bar].sum() / judged.size)
    warnings = (*image.warnings, *bar_warnings)
    if area.min() == area.max():
        warnings += (one_level(float(area.flat[0])),)
    ends = FULL_SCALE if image.pixels.dtype == np.uint8 else _ends(area)
    values = scaled(image.pixels, *ends)
    return CleanImage(values, judged, warnings, image.source, image.nm_per_pixel, bar, bar_source, ignored)


def _judged(image: SemImage, bar: int) -> tuple[np.ndarray, np.ndarray]:
    """Mark the judged pixels, bool (rows, cols), and return their grey levels."""
    end = image.pixels.shape[0] - bar
    judged = np.ones(image.pixels.shape, bool)
    judged[end:] = False
    if image.ignored is None:
        return judged, image.pixels[:end]  # a view: the percentiles of a large image need no copy
    judged &= ~image.ignored
    area = image.pixels[judged]
    if area.size < MIN_IMAGE_SIDE**2:
        raise BadImageError(
            f"{image.source}: the areas to ignore leave {area.size} pixels to judge, at least "
            f"{MIN_IMAGE_SIDE**2} are needed; check --ignore and --care"
        )
    return judged, area


def one_level(level: float) -> str:
    """Return the warning about a judged area of one grey level."""
    return f"the judged area has one grey level only ({level:g}): no defect can be detected"


def bar_rows(image: SemImage, databar: str | int, find: Callable[..., int]) -> tuple[int, str | None, tuple[str, ...]]:
    """Return the rows of the data bar, the source of that number, and warnings.

    Parameters
    ----------
    image : SemImage
    databar : str or int
        As in `ReadSettings`.
    find : callable
        ``find(image.pixels, slack=...)`` is asked where neither the user nor the file states it, as `find_bar`.

    Raises
    ------
    BadImageError
        If the bar leaves too few rows.
    UsageFault
        If `databar` is none of the three.
    """
    bar, source, warnings = _known_bar(image, databar, find)
    rows = image.pixels.shape[0]
    if rows - bar < MIN_IMAGE_SIDE:
        raise BadImageError(
            f"{image.source}: a data bar of {bar} rows leaves {max(rows - bar, 0)} of {rows}, at least "
            f"{MIN_IMAGE_SIDE} are needed; give a smaller --databar"
        )
    return bar, source, warnings


def _known_bar(
    image: SemImage, databar: str | int, find: Callable[..., int]
) -> tuple[int, str | None, tuple[str, ...]]:
    if databar == "auto":
        stated_by = image.metadata.get("data_bar_from")
        if stated_by is not None or image.data_bar_rows:
            return image.data_bar_rows, stated_by, ()
        found = find(image.pixels, slack=JPEG_SLACK if image.metadata.get("format") == "JPEG" else 0)
        if not found:
            return 0, None, ()
        warning = f"the last {found} rows look like a data bar and are left out; --databar none judges them"
        return found, FOUND, (warning,)
    if databar == "none":
        return 0, GIVEN, ()
    try:
        rows = int(databar)
    except ValueError:
        rows = -1
    if rows < 0:
        raise UsageFault(f"{databar!r} is not a data bar height; give auto, none or a number of rows")
    return rows, GIVEN, ()


def scaled(pixels: np.ndarray, low: float, high: float) -> np.ndarray:
    """Scale pixels so that `low` becomes 0 and `high` 1, float32; what lies far beyond is cut off.

    Eight bits are divided by 255 instead. Where both ends are the same, the range of the type is the scale.
    """
    if pixels.dtype == np.uint8:
        return pixels.astype(np.float32) * np.float32(1 / 255)
    if high <= low:  # one grey level fills the area: scale it by the range of its type
        full = float(np.iinfo(pixels.dtype).max) if pixels.dtype.kind == "u" else 1.0
        low, high = 0.0, max(full, abs(high))
    if pixels.dtype.kind == "f":  # a small difference on a large offset needs more than 24 bits
        values = ((pixels - np.float64(low)) / (high - low)).astype(np.float32)
    else:
        values = (pixels.astype(np.float32) - np.float32(low)) * np.float32(1 / (high - low))
    return np.clip(values, LOWEST, HIGHEST, out=values)


def _ends(area: np.ndarray) -> tuple[float, float]:
    """Return the 0.1 % and 99.9 % percentiles; the lowest and highest value where these are the same."""
    if area.dtype.kind == "u":
        ends = ends_of_histogram(np.bincount(area.ravel()))
    else:
        step = -(-area.size // MOST_SAMPLES)  # every n-th pixel of a very large image is enough
        ends = ends_of_sample(area.ravel()[::step])
    return ends if ends[1] > ends[0] else (float(area.min()), float(area.max()))


def ends_of_histogram(counts: np.ndarray) -> tuple[float, float]:
    """Return the 0.1 % and 99.9 % percentiles of grey levels; `counts` is the number of pixels of each level."""
    cumulated = np.cumsum(counts)
    low, high = np.searchsorted(cumulated, np.array(TAILS) * cumulated[-1])
    return float(low), float(high)


def ends_of_sample(values: np.ndarray) -> tuple[float, float]:
    """Return the 0.1 % and 99.9 % percentiles of grey levels, float32 of any shape."""
    low, high = np.quantile(values, TAILS)
    return float(low), float(high)
