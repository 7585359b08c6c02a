"""How well scores put what is wrong above what is right: exact, and in the memory of the positives alone."""

from __future__ import annotations

import numpy as np


class Ranking:
    """Counts, for every distinct score of a positive, the negatives above it.

    ROC, precision-recall and per-region-overlap curves bend only at scores of positives, and positives
    (defective pixels) are few: with them in memory the negatives may come in any number of parts, and
    the areas are those of all scores, not of a sample.

    Parameters
    ----------
    positives : ndarray of float32, shape (n,)
        Scores of what is wrong, in any order.
    shares : ndarray of float, shape (n,), optional
        What each counts in the overlap of `overlap`; by default all alike.

    Examples
    --------
    >>> ranking = Ranking(np.float32([0.9, 0.4]))
    >>> ranking.add(np.float32([0.1, 0.6]))
    >>> ranking.auroc(), round(ranking.average_precision(), 4)
    (0.75, 0.8333)
    """

    def __init__(self, positives: np.ndarray, shares: np.ndarray | None = None) -> None:
        self.levels, place = np.unique(positives, return_inverse=True)
        count = len(self.levels)
        self._positives = np.bincount(place, minlength=count)
        self._shares = self._positives if shares is None else np.bincount(place, shares, minlength=count)
        self._above = np.zeros(count, np.int64)  # negatives hotter than the level
        self._from = np.zeros(count, np.int64)  # ... or as hot
        self.negatives = 0

    def add(self, negatives: np.ndarray) -> None:
        """Take the scores of more negatives, float32, sorted from low to high."""
        self._above += len(negatives) - np.searchsorted(negatives, self.levels, "right")
        self._from += len(negatives) - np.searchsorted(negatives, self.levels, "left")
        self.negatives += len(negatives)

    def auroc(self) -> float | None:
        """Area under the ROC curve, ties counted half; None without positives or negatives."""
        return None if self._is_empty() else area_under(*self._corners(self._positives))

    def average_precision(self) -> float | None:
        """Precision at each positive, averaged over them; None without positives or negatives."""
        if self._is_empty():
            return None
        recall, precision = self.precision_recall()
        return float(np.sum(np.diff(recall, prepend=0) * precision))

    def overlap(self, limit: float) -> float | None:
        """Area under the curve of `shares` against false-positive rate up to `limit`, divided by it.

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
        """False- and true-positive rate, from the hottest level down; (0, 0) to (1, 1)."""
        return self._corners(self._positives)

    def pro(self) -> tuple[np.ndarray, np.ndarray]:
        """False-positive rate and per-region overlap, from the hottest level down."""
        return self._corners(self._shares)

    def precision_recall(self) -> tuple[np.ndarray, np.ndarray]:
        """Recall and precision at each level, from the hottest down."""
        hit = np.cumsum(self._positives[::-1])
        return hit / hit[-1], hit / (hit + self._from[::-1])

    def _corners(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        hit = np.cumsum(weights[::-1]) / weights.sum()
        across, up = np.ones(2 * len(hit) + 2), np.ones(2 * len(hit) + 2)
        across[0], up[0] = 0, 0
        across[1:-1:2], across[2:-1:2] = self._above[::-1] / self.negatives, self._from[::-1] / self.negatives
        up[1], up[3:-1:2], up[2:-1:2] = 0, hit[:-1], hit
        return across, up

    def _is_empty(self) -> bool:
        return not (self.negatives and len(self.levels))


def ranked(scores: np.ndarray, wrong: np.ndarray) -> Ranking:
    """The ranking of scores at hand; `wrong` is bool, of the shape of `scores`."""
    ranking = Ranking(scores[wrong])
    ranking.add(np.sort(scores[~wrong]))
    return ranking


def area_under(across: np.ndarray, up: np.ndarray, limit: float = 1.0) -> float:
    """Area under straight lines through points of rising `across`, from 0 to `limit`.

    Beyond the last point within the limit the curve is taken as level: where a great part of a map has one
    value, no threshold reaches what lies between.
    """
    inside = across <= limit
    x, y = np.append(across[inside], limit), np.append(up[inside], up[inside][-1])
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2))
