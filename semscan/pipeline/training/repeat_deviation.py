"""How far training images differ from their own repeats, and how far good ones do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

from semscan.image.tiling import centre_window
from semscan.pipeline.training.data.image_cache import ImageCache
from semscan.reference.cell.compare import compare_cells, find_image_lattice
from semscan.robust import median_deviation, region_peak
from semscan.runtime.session import cpu_count
from semscan.values import CleanImage

PIXELS = 8_000_000  # compared, at most: about ten seconds on two cores
ENOUGH = 8  # images; fewer do not show what is usual
MOST = 200  # images that are compared
_SMALL = 400_000  # pixels: a larger image is halved
_WHOLE = 1 << 20  # pixels: of a larger half the middle is compared
_LEAST = 1.3  # multiples of chance: no level is lower
_ALONE = 3.0  # multiples of chance: the level where too few images repeat


def spread_out(count: int) -> list[int]:
    """Return all numbers below `count`, in an order whose every beginning is spread over them."""
    return sorted(range(count), key=lambda n: int(f"{n:032b}"[::-1], 2))


def repeat_peaks(cache: ImageCache) -> dict[int, float]:
    """Measure how far images differ from their own repeats, in multiples of chance, for as many as there is time."""
    first = [n for n in spread_out(len(cache))[:3] if find_image_lattice(_small(cache, n)).found]
    if not first:
        return {}
    each = int(np.median([_small(cache, n).values.size for n in first]))
    chosen = spread_out(len(cache))[: min(MOST, max(ENOUGH, PIXELS // each))]

    def peak(number: int) -> float | None:
        image = _small(cache, number)
        lattice = find_image_lattice(image)
        if not lattice.found:
            return None
        return region_peak(compare_cells(image, lattice).raw)

    with ThreadPoolExecutor(min(2, cpu_count())) as pool:
        found = dict(zip(chosen, pool.map(peak, chosen), strict=True))
    return {number: value for number, value in sorted(found.items()) if value is not None}


def _small(cache: ImageCache, number: int) -> CleanImage:
    values = cache[number].astype(np.float32)
    if values.size > _SMALL:
        values = cv2.resize(values, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    if values.size > _WHOLE:
        values = values[centre_window(values.shape, math.isqrt(_WHOLE))]
    return CleanImage(values, np.ones(values.shape, bool))


def typical_peak(peaks: Sequence[float]) -> float | None:
    """Return a level that no good image exceeds, from the peaks of all of them; None where they do not repeat."""
    if len(peaks) < ENOUGH:
        return _ALONE if peaks else None
    logs = np.log(np.maximum(peaks, 1e-6))
    middle = float(np.median(logs))
    deviation = max(0.07, median_deviation(logs, middle))
    return max(_LEAST, math.exp(middle + 5 * deviation))
