"""ROC, precision-recall and overlap curves of all scores: exact, and in the memory of the positives alone."""

from __future__ import annotations

import numpy as np


class CurveAccumulator:
    """Counts, for every distinct score of a positive, the negatives above it.

    ROC, precision-recall and per-region-overlap curves bend only at scores of positives, and positives
    (defective pixels) are few: with them in memory the negatives may come in any number of parts, and
    the areas are those of all scores, not of a sample.

    Parameters
    ----------
    positives : ndarray of float32, shape (n,)
        Scores of the defective pixels, in any order.
    shares : ndarray of float, shape (n,), optional
        Weight of each in `overlap`; all the same by default.

    Examples
    --------
    >>> curves = CurveAccumulator(np.float32([0.9, 0.4]))
    >>> curves.add(np.float32([0.1, 0.6]))
    >>> curves.auroc(), round(curves.average_precision(), 4)
    (0.75, 0.8333)
    """

    def __init__(self, positives: np.ndarray, shares: np.ndarray | None = None) -> None:
        self.levels, rank = np.unique(positives, return_inverse=True)
        count = len(self.levels)
        self._positives = np.bincount(rank, minlength=count)
        self._shares = self._positives if shares is None else np.bincount(rank, shares, minlength=count)
        self._above = np.zeros(count, np.int64)  # negatives above the level
        self._from = np.zeros(count, np.int64)  # ... or equal to it
        self.negatives = 0

    def add(self, negatives: np.ndarray) -> None:
        """Add the scores of more negatives, float32, sorted from low to high."""
        self._above += len(negatives) - np.searchsorted(negatives, self.levels, "right")
        self._from += len(negatives) - np.searchsorted(negatives, self.levels, "left")
        self.negatives += len(negatives)

    def auroc(self) -> float | None:
        """Return the area under the ROC curve, ties counted half; None without positives or negatives."""
        return None if self._is_empty() else area_under(*self._corners(self._positives))

    def average_precision(self) -> float | None:
        """Return the precision at each positive, averaged over them; None without positives or negatives."""
        if self._is_empty():
            return None
        recall, precision = self.precision_recall()
        return float(np.sum(np.diff(recall, prepend=0) * precision))

    def overlap(self, limit: float) -> float | None:
        """Return the area under the curve of `shares` against false-positive rate up to `limit`, divided by it.

        With ``1 / area of its defect`` as the share of each pixel this is AUPRO.

        References
        ----------
        P. Bergmann et al., "The MVTec Anomaly Detection Dataset", IJCV 129, 2021,
        doi:10.1007/s11263-020-01400-4.
        """
        if self._is_empty() or not self._shares.sum():
            return None
        return area_under(*self._corners(self._shares), limit) / limit

    def roc(self) -> tuple[np.ndarray, np.ndarray]:
        """Return false- and true-positive rate, from the highest level down; (0, 0) to (1, 1)."""
        return self._corners(self._positives)

    def pro(self) -> tuple[np.ndarray, np.ndarray]:
        """Return false-positive rate and per-region overlap, from the highest level down."""
        return self._corners(self._shares)

    def precision_recall(self) -> tuple[np.ndarray, np.ndarray]:
        """Return recall and precision at each level, from the highest down."""
        true_positives = np.cumsum(self._positives[::-1])
        return true_positives / true_positives[-1], true_positives / (true_positives + self._from[::-1])

    def _corners(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the points at which the curve of `weights` against false-positive rate bends.

        Each level has two: after the negatives above it, and after those equal to it, which come together with
        the positives of that level. The slanted line between them counts ties half.
        """
        hit = np.cumsum(weights[::-1]) / weights.sum()
        x = np.ones(2 * len(hit) + 2)
        y = np.ones(2 * len(hit) + 2)
        x[0] = 0
        y[0] = 0
        x[1:-1:2] = self._above[::-1] / self.negatives
        x[2:-1:2] = self._from[::-1] / self.negatives
        y[1] = 0
        y[3:-1:2] = hit[:-1]
        y[2:-1:2] = hit
        return x, y

    def _is_empty(self) -> bool:
        return not (self.negatives and len(self.levels))


def rank_scores(scores: np.ndarray, positive: np.ndarray) -> CurveAccumulator:
    """Accumulate scores that are all in memory; `positive` is bool, of the shape of `scores`."""
    curves = CurveAccumulator(scores[positive])
    curves.add(np.sort(scores[~positive]))
    return curves


def area_under(x: np.ndarray, y: np.ndarray, limit: float = 1.0) -> float:
    """Return the area under straight lines through points of rising `x`, from 0 to `limit`.

    Beyond the last point within the limit the curve is taken as level: where a great part of a map has one
    value, no threshold reaches what lies between.
    """
    inside = x <= limit
    x = np.append(x[inside], limit)
    y = np.append(y[inside], y[inside][-1])
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2))
