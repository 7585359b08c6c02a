"""The levels at which regions are counted: quantiles of all pixels, found without holding them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

HOTTEST_SHARES = np.logspace(-1, -6, 120)  # of all pixels hotter than each cut
_HALF = 1 << 16


def hot_cuts(maps: Callable[[], Iterable[np.ndarray]]) -> np.ndarray:
    """Levels that leave 10 % down to a millionth of all pixels hotter; float64, rising, each once.

    Parameters
    ----------
    maps : callable
        Gives all maps anew, float32, 0 or more; it is called twice.
    """
    total, coarse = 0, np.zeros(_HALF, np.int64)
    for anomaly_map in maps():
        total += anomaly_map.size
        coarse += np.bincount(_bits(anomaly_map) >> 16, minlength=_HALF)
    place = (1 - HOTTEST_SHARES) * (total - 1)
    below = np.floor(place).astype(np.int64)
    wanted = np.unique(np.r_[below, np.minimum(below + 1, total - 1)])
    found = dict(zip(wanted.tolist(), _order_statistics(maps, wanted, coarse).tolist(), strict=True))
    low = np.array([found[n] for n in below.tolist()])
    high = np.array([found[n] for n in np.minimum(below + 1, total - 1).tolist()])
    return np.unique(_between(low, high, place - below))


def _order_statistics(maps, wanted: np.ndarray, coarse: np.ndarray) -> np.ndarray:
    """The values of these ranks, by counting the upper half of their bits and then the lower."""
    ends = np.cumsum(coarse)
    bins = np.searchsorted(ends, wanted, "right")
    kept = np.unique(bins)
    row = np.full(_HALF, -1)
    row[kept] = np.arange(len(kept))
    fine = np.zeros((len(kept), _HALF), np.int32)
    for anomaly_map in maps():
        bits = _bits(anomaly_map)
        rows = row[bits >> 16]
        inside = rows >= 0
        where, counts = np.unique(rows[inside] * _HALF + (bits[inside] & (_HALF - 1)), return_counts=True)
        fine.ravel()[where] += counts.astype(np.int32)
    within = wanted - (ends[bins] - coarse[bins])
    lower = [np.searchsorted(np.cumsum(fine[row[b]]), w, "right") for b, w in zip(bins, within, strict=True)]
    return (bins.astype(np.uint32) * _HALF + np.array(lower, np.uint32)).view(np.float32).astype(np.float64)


def _bits(anomaly_map: np.ndarray) -> np.ndarray:
    # the bits of floats that are not negative rise with them; adding 0 turns -0.0 into 0.0
    return (np.ascontiguousarray(anomaly_map, np.float32).ravel() + np.float32(0)).view(np.uint32).astype(np.int64)


def _between(low: np.ndarray, high: np.ndarray, share: np.ndarray) -> np.ndarray:
    step = high - low  # from the nearer end, as numpy.quantile has it
    return np.where(share < 0.5, low + step * share, high - step * (1 - share))


def float32_below(cut: float) -> np.float32:
    """The float32 that the same float32 values exceed as exceed `cut`: much quicker to compare with."""
    near = np.float32(cut)
    return near if near <= cut else np.nextafter(near, np.float32(-np.inf))
