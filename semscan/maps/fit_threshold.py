"""Where 0.5 lies: the raw threshold that held-back good images cross as rarely as was promised."""

from __future__ import annotations

import cv2
import numpy as np

_LEVELS = 96
_TAIL = 20  # regions from which the tail is continued: fewer are too few, more are not yet the tail
_FEW = 3


def fit_threshold(raw_maps, areas, *, false_alarms, min_area=4, floor=0.0, ceiling=np.inf):
    """Find the raw threshold at which good images show `false_alarms` false regions each.

    Regions are counted as `semscan.regions` counts them (8-connected, at least `min_area` pixels) at
    falling levels. Where the promised number is smaller than what so few images can show (a tenth of a
    region in three images), the count is continued along its own tail, taken as exponential in the
    log-odds of the raw score, its scale being the mean excess of the 20 hottest regions (peaks over
    threshold: Davison & Smith, JRSS B 52(3), 1990, doi:10.1111/j.2517-6161.1990.tb01796.x).

    Parameters
    ----------
    raw_maps : sequence of ndarray of float32, shape (rows, cols), 0 or more
        Raw maps of good images that were not trained on.
    areas : sequence of ndarray of bool
        Where each was held back and may be counted; same shapes.
    false_alarms : float
        Wanted false regions per image, above 0.
    min_area : int
        Smallest region counted, pixels.
    floor : float
        The threshold is never set below this, however quiet the good images are.
    ceiling : float
        Nor above this (but above `floor`), however far the tail is continued.

    Returns
    -------
    raw_threshold : float
    reached : float
        False regions per image's worth of held-back area at that threshold.
    """
    worth = sum(float(area.mean()) for area in areas)
    hot = np.concatenate([raw[area] for raw, area in zip(raw_maps, areas, strict=True)])
    levels = np.linspace(_to_odds(hot.max()), _to_odds(np.quantile(hot, 0.95)), _LEVELS)
    counts = np.array([_count(raw_maps, areas, _from_odds(level), min_area) for level in levels])
    wanted = false_alarms * worth
    level = max(_level_for(levels, counts, wanted), _to_odds(floor))
    threshold = max(min(float(_from_odds(level)), float(ceiling)), float(floor))
    return threshold, _count(raw_maps, areas, threshold, min_area) / worth


def _level_for(levels, counts, wanted):
    """The level with `wanted` regions: where the count passes it, or further up along its tail."""
    grown = np.maximum.accumulate(counts)
    if wanted >= _FEW and grown[-1] >= wanted:
        return float(levels[np.argmax(grown >= wanted)])
    if grown[-1] == 0:
        return float(levels[0])
    base = int(np.argmax(grown >= min(_TAIL, grown[-1])))
    new = np.diff(grown[: base + 1], prepend=0)
    excess = float((new * (levels[: base + 1] - levels[base])).sum() / grown[base])
    return float(levels[base] + excess * np.log(grown[base] / wanted))


def _count(raw_maps, areas, threshold, min_area):
    total = 0
    for raw, area in zip(raw_maps, areas, strict=True):
        hot = ((raw > threshold) & area).astype(np.uint8)
        stats = cv2.connectedComponentsWithStats(hot, connectivity=8)[2]
        total += int((stats[1:, cv2.CC_STAT_AREA] >= min_area).sum())
    return total


def _to_odds(raw):
    """Log-odds whose softplus is `raw`: linear for large scores, logarithmic for small ones."""
    raw = np.maximum(np.asarray(raw, np.float64), 1e-9)
    return np.where(raw > 30, raw, np.log(np.expm1(np.minimum(raw, 30))))


def _from_odds(odds):
    return np.logaddexp(0.0, odds)
