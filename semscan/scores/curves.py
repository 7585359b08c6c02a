"""The curves behind the figures, as points to draw."""

from __future__ import annotations

import numpy as np

from semscan.scores.counts import ImageCounts
from semscan.scores.figures import PRO_LIMIT

_POINTS = 1500
Line = tuple[np.ndarray, np.ndarray]


def curves(counts: ImageCounts) -> dict[str, Line]:
    """Return the curves that exist, by name, each as its x and its y, thinned.

    ``pixel ROC``, ``pixel PR`` and ``PRO`` are of pixels. ``FROC`` is the share of defects hit against false
    regions per image.
    """
    ranking = counts.ranking
    lines: dict[str, Line] = {}
    if ranking.auroc() is not None:
        lines["pixel ROC"] = _thinned(*ranking.roc())
        lines["pixel PR"] = _thinned(*ranking.precision_recall())
    if ranking.overlap(PRO_LIMIT) is not None:
        lines["PRO"] = _thinned(*ranking.pro())
        hits = counts.hits.sum(axis=0)[::-1]
        false_regions = counts.false_regions.sum(axis=0)[::-1]
        # regions merge at lower thresholds, so that their number does not always rise
        order = np.argsort(false_regions, kind="stable")
        recall = np.maximum.accumulate(hits[order]) / counts.defects.sum()
        lines["FROC"] = false_regions[order] / len(counts.hits), recall
    return lines


def _thinned(x: np.ndarray, y: np.ndarray) -> Line:
    """Keep points about evenly along the curve and, at its start, evenly on a log scale too."""
    count = len(x)
    if count <= 2 * _POINTS:
        return x, y
    by_rank = np.r_[np.linspace(0, count - 1, _POINTS), np.geomspace(1, count - 1, _POINTS)]
    length = np.r_[0, np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))]
    by_length = np.searchsorted(length, np.linspace(0, length[-1], _POINTS)).clip(0, count - 1)
    kept = np.unique(np.r_[by_rank.astype(int), by_length, count - 1])
    return x[kept], y[kept]
