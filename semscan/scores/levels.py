"""Thresholds for FROC curves: quantiles of the pixels of all maps, found without holding the pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

EXCEEDED_BY = np.logspace(-1, -6, 120)  # share of all pixels that exceed each threshold
_HALF = 1 << 16  # values of the upper, or lower, half of a float32's bits

Maps = Callable[[], Iterable[np.ndarray]]


def froc_thresholds(maps: Maps) -> np.ndarray:
    """Find the values that 10 % down to a millionth of all pixels exceed.

    Parameters
    ----------
    maps : callable
        Gives all maps, float32, 0 or more; it is called twice.

    Returns
    -------
    ndarray of float64
        Rising, each once. The same as ``np.quantile(all pixels, 1 - EXCEEDED_BY)``.
    """
    upper = _upper_histogram(maps)
    total = int(upper.sum())
    rank = (1 - EXCEEDED_BY) * (total - 1)
    below = np.floor(rank).astype(np.int64)
    above = np.minimum(below + 1, total - 1)
    ranks, where = np.unique(np.concatenate([below, above]), return_inverse=True)
    low, high = _values_at(ranks, maps, upper)[where].reshape(2, -1)
    return np.unique(_between(low, high, rank - below))


def _upper_histogram(maps: Maps) -> np.ndarray:
    """Count the pixels by the upper half of their bits, int64 (65536,)."""
    counts = np.zeros(_HALF, np.int64)
    for anomaly_map in maps():
        counts += np.bincount(_bits(anomaly_map) >> 16, minlength=_HALF)
    return counts


def _values_at(ranks: np.ndarray, maps: Maps, upper: np.ndarray) -> np.ndarray:
    """Find the values of these ranks, counted from the lowest pixel, float64.

    The histogram of the upper bits says in which of its bins each rank lies. In these bins alone the lower bits
    are counted too: a few million counters, however many pixels there are.
    """
    ends = np.cumsum(upper)
    bins = np.searchsorted(ends, ranks, "right")
    chosen = np.unique(bins)
    row_of = np.full(_HALF, -1)
    row_of[chosen] = np.arange(len(chosen))
    lower = np.zeros((len(chosen), _HALF), np.int32)
    for anomaly_map in maps():
        bits = _bits(anomaly_map)
        rows = row_of[bits >> 16]
        inside = rows >= 0
        cells, counts = np.unique(rows[inside] * _HALF + (bits[inside] & (_HALF - 1)), return_counts=True)
        lower.ravel()[cells] += counts.astype(np.int32)
    within = ranks - (ends[bins] - upper[bins])  # ranks counted from the start of their bins
    low_bits = [np.searchsorted(np.cumsum(lower[row_of[b]]), w, "right") for b, w in zip(bins, within, strict=True)]
    return (bins.astype(np.uint32) * _HALF + np.array(low_bits, np.uint32)).view(np.float32).astype(np.float64)


def _bits(anomaly_map: np.ndarray) -> np.ndarray:
    # the bits of floats that are not negative rise with them; adding 0 turns -0.0 into 0.0
    return (np.ascontiguousarray(anomaly_map, np.float32).ravel() + np.float32(0)).view(np.uint32).astype(np.int64)


def _between(low: np.ndarray, high: np.ndarray, share: np.ndarray) -> np.ndarray:
    step = high - low  # from the nearer end, as numpy.quantile has it
    return np.where(share < 0.5, low + step * share, high - step * (1 - share))


def float32_below(level: float) -> np.float32:
    """Return the float32 that is exceeded by the same float32 values as `level`: much quicker to compare with."""
    near = np.float32(level)
    return near if near <= level else np.nextafter(near, np.float32(-np.inf))
