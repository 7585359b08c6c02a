"""Where 0.5 lies: the raw threshold that held-back good images cross as rarely as was promised."""

from __future__ import annotations

import cv2
import numpy as np

_LEVELS = 48
_FEW = 3


def fit_threshold(raw_maps, areas, *, false_alarms, min_area=4, floor=0.0):
    """Find the raw threshold at which good images show `false_alarms` false regions each.

    Regions are counted as `semscan.regions` counts them (8-connected, at least `min_area` pixels) at
    falling levels. Where the promised number is smaller than what so few images can show (a tenth of a
    region in three images), the count is continued along its own tail: log count against log-odds of the
    raw score is fitted by a line, as region maxima of a stationary map have an exponential tail
    (Leadbetter, Lindgren, Rootzen, "Extremes and Related Properties of Random Sequences", 1983, ch. 12).

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

    Returns
    -------
    raw_threshold : float
    reached : float
        False regions per image's worth of held-back area at that threshold.
    """
    worth = sum(float(area.mean()) for area in areas)
    hot = np.concatenate([raw[area] for raw, area in zip(raw_maps, areas, strict=True)])
    top = _to_odds(hot.max())
    start = _to_odds(np.quantile(hot, 0.98))
    levels = np.linspace(top, start, _LEVELS)
    counts = np.array([_count(raw_maps, areas, _from_odds(level), min_area) for level in levels])
    wanted = false_alarms * worth
    level = max(_level_for(levels, counts, wanted), _to_odds(floor))
    threshold = float(_from_odds(level))
    return threshold, _count(raw_maps, areas, threshold, min_area) / worth


def _level_for(levels, counts, wanted):
    """The level with `wanted` regions: where the count passes it, or on the line through its tail."""
    grown = np.maximum.accumulate(counts)
    if wanted >= _FEW and (grown >= wanted).any():
        return float(levels[np.argmax(grown >= wanted)])
    limit = max(30, 10 * wanted)
    tail = (grown >= 1) & (grown <= max(limit, grown[grown > 0].min() if (grown > 0).any() else limit))
    if tail.sum() < 4 or np.ptp(np.log(grown[tail])) < 0.5:
        return float(levels[0]) + 0.5
    slope, offset = np.polyfit(levels[tail], np.log(grown[tail]), 1, w=np.sqrt(grown[tail]))
    if slope >= 0:
        return float(levels[0]) + 0.5
    reach = (np.log(wanted) - offset) / slope
    return float(np.clip(reach, levels[0] - 2.0, levels[0] + 4.0))


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
