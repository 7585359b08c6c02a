"""What kind of defect a region is to a model that was taught classes: the classifier's own word at its pixels.

The attention CNN judges the weighted mean of what it sees at all positions. The same judgement over the positions
of one region alone, weighed by the map, says what that region is. What it says of the regions of the training
images tells how far from a class a region may lie and still be of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from semscan.errors import SemscanError
from semscan.files.read import read_image
from semscan.image.clean import clean
from semscan.maps.scale import to_map
from semscan.pipeline.kinds import told
from semscan.pipeline.witness import Names, Witness
from semscan.regions.find import labelled, segment
from semscan.settings import ReadSettings, RegionSettings

MOST, FEWEST = 400, 8  # images that are looked at for the marks; regions of a class without which it has none
FAR = 1.5  # times the farthest region (but 1 %) of the training images
_LOOSE = 0.1  # logits: spread that is taken for granted


class ClassNamer:
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
        The model's config.json: ``classes``, ``good_class`` and perhaps ``class_marks``.
    """

    def __init__(self, evidence: np.ndarray, raw: np.ndarray, rows: slice, config: Mapping[str, Any]) -> None:
        self._evidence, self._raw, self._rows = evidence, raw, rows
        self._defects = [n for n, name in enumerate(config["classes"]) if name != config["good_class"]]
        self._names = [config["classes"][n] for n in self._defects]
        self._marks = config.get("class_marks")

    def __call__(self, numbered: np.ndarray, numbers: Sequence[int]) -> Names:
        """Name and probability of each region, see `semscan.pipeline.kinds.Namer`."""
        said = self.said(numbered, numbers)
        strange = np.zeros((len(said), len(self._names)), bool)
        if self._marks:
            limits = [self._marks["limits"].get(name) or np.inf for name in self._names]
            strange = far_from(said, self._marks, self._names) > np.array(limits)
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


def far_from(said: np.ndarray, marks: Mapping[str, Any], names: Sequence[str]) -> np.ndarray:
    """Squared distance (Mahalanobis) of rows of logits from the middle of each class, (n, names); 0 without one."""
    away = np.zeros((len(said), len(names)))
    inverse = np.array(marks["inverse"])
    for column, name in enumerate(names):
        if name in marks["middles"]:
            off = said - np.array(marks["middles"][name])
            away[:, column] = np.einsum("ni,ij,nj->n", off, inverse, off)
    return away


def class_marks(
    witness: Witness, images: Iterable[tuple[str, Path]], read: ReadSettings, classes: Sequence[str]
) -> dict[str, Any] | None:
    """Where the regions of each class lie among the logits, from the hottest region of each training image.

    Parameters
    ----------
    witness : Witness
        The finished classifier; its evidence has a `ClassNamer`.
    images : iterable of (class name, path)
        Images of defects.
    read : ReadSettings
    classes : sequence of str
        All names in the order of the logits.

    Returns
    -------
    dict or None
        ``middles`` and ``limits`` by class, and the ``inverse`` of the regions' covariance about the middles;
        None with too few regions. Classes with fewer than `FEWEST` regions are left out.
    """
    found: dict[str, list[np.ndarray]] = {}
    chosen = list(images)
    for name, path in chosen[:: max(1, -(-len(chosen) // MOST))]:
        try:
            evidence = witness(clean(read_image(path, read), read))
        except SemscanError:  # said when the training images were read
            continue
        hot = segment(to_map(evidence.raw, witness.raw_threshold), RegionSettings())
        if hot.regions and isinstance(evidence.namer, ClassNamer):
            numbered, numbers = labelled(hot)
            found.setdefault(name, []).append(evidence.namer.said(numbered, numbers[:1])[0])
    found = {name: rows for name, rows in found.items() if len(rows) >= FEWEST}
    if not found:
        return None
    middles = {name: np.mean(rows, axis=0) for name, rows in found.items()}
    off = np.concatenate([np.array(rows) - middles[name] for name, rows in found.items()])
    inverse = np.linalg.inv(off.T @ off / len(off) + _LOOSE**2 * np.eye(len(classes)))
    marks = {"middles": {name: middle.tolist() for name, middle in middles.items()}, "inverse": inverse.tolist()}
    limits = {
        name: FAR * float(np.quantile(far_from(np.array(rows), marks, [name]), 0.99)) for name, rows in found.items()
    }
    return {**marks, "limits": limits}
