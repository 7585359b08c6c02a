"""The curves behind the figures, as points to draw."""

from __future__ import annotations

import numpy as np

from semscan.scores.counts import Tally
from semscan.scores.figures import PRO_LIMIT

_POINTS = 1500
Line = tuple[np.ndarray, np.ndarray]


def curves(tally: Tally) -> dict[str, Line]:
    """ROC, precision-recall and overlap of pixels, and defects hit against false regions per image.

    Those that there are, by name: ``pixel ROC``, ``pixel PR``, ``PRO``, ``FROC``; each across and up, thinned.
    """
    ranking, lines = tally.ranking, dict[str, Line]()
    if ranking.auroc() is not None:
        lines["pixel ROC"] = _thinned(*ranking.roc())
        lines["pixel PR"] = _thinned(*ranking.precision_recall())
    if ranking.overlap(PRO_LIMIT) is not None:
        lines["PRO"] = _thinned(*ranking.pro())
        hits, false = tally.hits.sum(axis=0)[::-1], tally.false.sum(axis=0)[::-1]
        order = np.argsort(false, kind="stable")
        recall = np.maximum.accumulate(hits[order]) / tally.defects.sum()
        lines["FROC"] = false[order] / len(tally.hits), recall
    return lines


def _thinned(across: np.ndarray, up: np.ndarray) -> Line:
    """About evenly along the curve and, at its start, on a log scale too."""
    count = len(across)
    if count <= 2 * _POINTS:
        return across, up
    along = np.r_[np.linspace(0, count - 1, _POINTS), np.geomspace(1, count - 1, _POINTS)]
    length = np.r_[0, np.cumsum(np.abs(np.diff(across)) + np.abs(np.diff(up)))]
    even = np.searchsorted(length, np.linspace(0, length[-1], _POINTS)).clip(0, count - 1)
    kept = np.unique(np.r_[along.astype(int), even, count - 1])
    return across[kept], up[kept]
