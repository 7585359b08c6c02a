"""Scale the grey levels of an image to 0 to 1, and exclude its data bar and ignored areas."""

from __future__ import annotations

import numpy as np

from semscan.errors import BadImageError, UsageFault
from semscan.image.data_bar import JPEG_SLACK, find_bar
from semscan.settings import MIN_IMAGE_SIDE, ReadSettings
from semscan.values import CleanImage, SemImage

STRETCH_TAIL = 0.001  # share of the pixels beyond either end of the stretch
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
    bar, bar_source, bar_warnings = _bar_rows(image, settings.databar)
    rows = image.pixels.shape[0]
    if rows - bar < MIN_IMAGE_SIDE:
        raise BadImageError(
            f"{image.source}: a data bar of {bar} rows leaves {max(rows - bar, 0)} of {rows}, at least "
            f"{MIN_IMAGE_SIDE} are needed; give a smaller --databar"
        )
    judged, area = _judged(image, bar)
    ignored = 0.0 if image.ignored is None else float(image.ignored[: rows - bar].sum() / judged.size)
    warnings = (*image.warnings, *bar_warnings)
    if area.min() == area.max():
        warnings += (f"the judged area has one grey level only ({float(area.flat[0]):g}): no defect can be detected",)
    values = _scaled(image.pixels, area)
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


def _bar_rows(image: SemImage, databar: str | int) -> tuple[int, str | None, tuple[str, ...]]:
    """Return the rows of the data bar, the source of that number, and warnings."""
    if databar == "auto":
        stated_by = image.metadata.get("data_bar_from")
        if stated_by is not None or image.data_bar_rows:
            return image.data_bar_rows, stated_by, ()
        found = find_bar(image.pixels, slack=JPEG_SLACK if image.metadata.get("format") == "JPEG" else 0)
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


def _scaled(pixels: np.ndarray, area: np.ndarray) -> np.ndarray:
    """Scale pixels by the percentiles of `area`, their judged part, float32."""
    if pixels.dtype == np.uint8:
        return pixels.astype(np.float32) * np.float32(1 / 255)
    low, high = _ends(area)
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
    tails = [STRETCH_TAIL, 1 - STRETCH_TAIL]
    if area.dtype.kind == "u":
        cumulated = np.cumsum(np.bincount(area.ravel()))
        ends = np.searchsorted(cumulated, np.array(tails) * cumulated[-1])
    else:
        step = -(-area.size // MOST_SAMPLES)  # every n-th pixel of a very large image is enough
        ends = np.quantile(area.ravel()[::step], tails)
    low, high = float(ends[0]), float(ends[1])
    return (low, high) if high > low else (float(area.min()), float(area.max()))
