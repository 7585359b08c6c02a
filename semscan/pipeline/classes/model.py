"""What kind of defect a region is to a model that was taught classes: the classifier's own word at its pixels.

The attention CNN judges the weighted mean of what it sees at all positions. The same judgement over the positions
of one region alone, weighed by the map, says what that region is. What it says of the regions of the training
images tells how far from a class a region may lie and still be of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from semscan.pipeline.classes.names import Names, told


class ModelRegionClassifier:
    """Names regions by the evidence for each class at their pixels.

    Parameters
    ----------
    evidence : ndarray of float32, shape (r, c, classes)
        Class logits of positions, for those `rows` of the image.
    raw : ndarray of float32, shape (rows, cols)
        The map by which positions are weighed, of the image's size.
    rows : slice
        Those that the network was shown.
    config : mapping
        The model's config.json: ``classes``, ``good_class`` and perhaps ``class_limits``.
    """

    def __init__(self, evidence: np.ndarray, raw: np.ndarray, rows: slice, config: Mapping[str, Any]) -> None:
        self._evidence, self._raw, self._rows = evidence, raw, rows
        self._defects = [n for n, name in enumerate(config["classes"]) if name != config["good_class"]]
        self._names = [config["classes"][n] for n in self._defects]
        self._marks = config.get("class_marks")

    def __call__(self, numbered: np.ndarray, numbers: Sequence[int]) -> Names:
        """Name and probability of each region, see `semscan.pipeline.classes.pattern.RegionClassifier`."""
        said = self.said(numbered, numbers)
        strange = np.zeros((len(said), len(self._names)), bool)
        if self._marks:
            limits = [self._marks["limits"].get(name) or np.inf for name in self._names]
            strange = squared_distances(said, self._marks, self._names) > np.array(limits)
        return told(said[:, self._defects], self._names, strange=strange)

    def said(self, numbered: np.ndarray, numbers: Sequence[int]) -> np.ndarray:
        """Logits of all classes for each region, float64 (n, classes): means over its pixels, weighed by the map."""
        high, wide = self._rows.stop - self._rows.start, numbered.shape[1]
        rows, cols = np.nonzero(numbered)
        owner = numbered[rows, cols]
        weight = self._raw[rows, cols].astype(np.float64) + 1e-9
        down = np.clip((rows - self._rows.start) * self._evidence.shape[0] // high, 0, self._evidence.shape[0] - 1)
        right = np.clip(cols * self._evidence.shape[1] // wide, 0, self._evidence.shape[1] - 1)
        each = self._evidence[down, right]
        total = np.bincount(owner, weight, minlength=max(numbers) + 1)
        sums = [np.bincount(owner, weight * column, minlength=max(numbers) + 1) for column in each.T]
        return (np.stack(sums, 1) / np.maximum(total, 1e-12)[:, None])[list(numbers)]


def squared_distances(said: np.ndarray, marks: Mapping[str, Any], names: Sequence[str]) -> np.ndarray:
    """Squared distance (Mahalanobis) of rows of logits from the middle of each class, (n, names); 0 without one."""
    away = np.zeros((len(said), len(names)))
    inverse = np.array(marks["inverse"])
    for column, name in enumerate(names):
        if name in marks["middles"]:
            off = said - np.array(marks["middles"][name])
            away[:, column] = np.einsum("ni,ij,nj->n", off, inverse, off)
    return away
