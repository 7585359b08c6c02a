"""The class of a region by a model that learned classes: the classifier's own logits at its pixels.

The attention CNN classifies the weighted mean of the features at all positions. The same classifier on the positions
of one region alone, weighed by the map, classifies that region. The logits of the training images' regions set how
far from a class a region may lie and still belong to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from semscan.pipeline.classes.names import ClassNames, best_class
from semscan.values.model.config import ClassLimits, NetworkConfig


class ModelRegionClassifier:
    """Classifies regions by the evidence for each class at their pixels.

    Parameters
    ----------
    evidence : ndarray of float32, shape (r, c, classes)
        Class logits of positions, for those `rows` of the image.
    raw : ndarray of float32, shape (rows, cols)
        The map by which positions are weighed, of the image's size.
    rows : slice
        Those that the network sees.
    network : NetworkConfig
        Its classes, at least one of them not the good one.
    limits : ClassLimits, optional
        How far from its class a region may lie; without them a region always gets the best class.
    """

    def __init__(
        self,
        evidence: np.ndarray,
        raw: np.ndarray,
        rows: slice,
        network: NetworkConfig,
        limits: ClassLimits | None = None,
    ) -> None:
        self._evidence = evidence
        self._raw = raw
        self._rows = rows
        classes = network.classes or ()
        self._defects = [n for n, name in enumerate(classes) if name != network.good_class]
        self._names = [classes[n] for n in self._defects]
        self._limits = limits

    def __call__(self, numbered: np.ndarray, numbers: Sequence[int]) -> ClassNames:
        """Return name and probability of each region, see `semscan.pipeline.classes.names.RegionClassifier`."""
        logits = self.logits(numbered, numbers)
        strange = np.zeros((len(logits), len(self._names)), bool)
        if self._limits is not None:
            farthest = [self._limits.limits.get(name) or np.inf for name in self._names]
            inverse = np.array(self._limits.inverse)
            strange = squared_distances(logits, self._limits.centres, inverse, self._names) > np.array(farthest)
        return best_class(logits[:, self._defects], self._names, strange=strange)

    def logits(self, numbered: np.ndarray, numbers: Sequence[int]) -> np.ndarray:
        """Return the logits of all classes for each region, float64 (n, classes).

        They are means over the region's pixels, weighed by the map.
        """
        high = self._rows.stop - self._rows.start
        wide = numbered.shape[1]
        rows, cols = np.nonzero(numbered)
        owner = numbered[rows, cols]
        weight = self._raw[rows, cols].astype(np.float64) + 1e-9
        down = np.clip((rows - self._rows.start) * self._evidence.shape[0] // high, 0, self._evidence.shape[0] - 1)
        right = np.clip(cols * self._evidence.shape[1] // wide, 0, self._evidence.shape[1] - 1)
        each = self._evidence[down, right]
        total = np.bincount(owner, weight, minlength=max(numbers) + 1)
        sums = [np.bincount(owner, weight * column, minlength=max(numbers) + 1) for column in each.T]
        return (np.stack(sums, 1) / np.maximum(total, 1e-12)[:, None])[list(numbers)]


def squared_distances(
    logits: np.ndarray, centres: Mapping[str, Sequence[float]], inverse: np.ndarray, names: Sequence[str]
) -> np.ndarray:
    """Return the squared Mahalanobis distance of logits (n, classes) from the centre of each class, (n, names).

    `inverse` is the inverse covariance, (classes, classes). The distance from a class without a centre is 0.
    """
    distances = np.zeros((len(logits), len(names)))
    for column, name in enumerate(names):
        if name in centres:
            off = logits - np.array(centres[name])
            distances[:, column] = np.einsum("ni,ij,nj->n", off, inverse, off)
    return distances
