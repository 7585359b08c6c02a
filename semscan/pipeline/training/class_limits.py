"""How far the regions of each class lie from their middle, measured on the training images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from semscan.errors import SemscanError
from semscan.files.images.read import read_image
from semscan.image.clean import clean
from semscan.maps.normalise import normalise_map
from semscan.pipeline.classes.model import ModelRegionClassifier, squared_distances
from semscan.pipeline.methods.base import Method
from semscan.regions.find import segment
from semscan.settings import ReadSettings, RegionSettings

# images that are looked at for the marks; regions of a class without which it has none
MOST = 400
FEWEST = 8


FAR = 1.5  # times the farthest region (but 1 %) of the training images


_LOOSE = 0.1  # logits: spread that is taken for granted


def class_limits(
    method: Method, images: Iterable[tuple[str, Path]], read: ReadSettings, classes: Sequence[str]
) -> dict[str, Any] | None:
    """Where the regions of each class lie among the logits, from the hottest region of each training image.

    Parameters
    ----------
    method : Method
        The finished classifier; its evidence has a `ModelRegionClassifier`.
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
            evidence = method(clean(read_image(path, read), read))
        except SemscanError:  # said when the training images were read
            continue
        hot = segment(normalise_map(evidence.raw, method.raw_threshold), RegionSettings())
        if hot.regions and isinstance(evidence.classify_regions, ModelRegionClassifier):
            found.setdefault(name, []).append(evidence.classify_regions.said(hot.labels, [1])[0])
    found = {name: rows for name, rows in found.items() if len(rows) >= FEWEST}
    if not found:
        return None
    middles = {name: np.mean(rows, axis=0) for name, rows in found.items()}
    off = np.concatenate([np.array(rows) - middles[name] for name, rows in found.items()])
    inverse = np.linalg.inv(off.T @ off / len(off) + _LOOSE**2 * np.eye(len(classes)))
    marks = {"middles": {name: middle.tolist() for name, middle in middles.items()}, "inverse": inverse.tolist()}
    limits = {
        name: FAR * float(np.quantile(squared_distances(np.array(rows), marks, [name]), 0.99))
        for name, rows in found.items()
    }
    return {**marks, "limits": limits}
