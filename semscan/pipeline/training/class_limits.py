"""How far the regions of each class lie from the centre of the class, measured on the training images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from semscan.errors import SemscanError
from semscan.files.images.read import read_image
from semscan.image.clean import clean
from semscan.maps.normalise import normalise_map
from semscan.pipeline.classes.model import ModelRegionClassifier, squared_distances
from semscan.pipeline.methods.base import Method
from semscan.regions.find import segment
from semscan.settings import ReadSettings, RegionSettings
from semscan.values.model.config import ClassLimits

MOST = 400  # images that are inspected
FEWEST = 8  # regions of a class; with fewer it has no limit
FARTHEST = 1.5  # times the distance that 99 % of the training regions keep
_LEAST_SPREAD = 0.1  # logits, so that regions which agree by chance set no narrow limit


def class_limits(
    method: Method, images: Iterable[tuple[str, Path]], read: ReadSettings, classes: Sequence[str]
) -> ClassLimits | None:
    """Measure where the regions of each class lie among the logits, from the highest region of each training image.

    Parameters
    ----------
    method : Method
        The finished classifier; its result has a `ModelRegionClassifier`.
    images : iterable of (class name, path)
        Images of defects.
    read : ReadSettings
    classes : sequence of str, in the order of the logits

    Returns
    -------
    ClassLimits or None
        None with too few regions. Classes with fewer than `FEWEST` regions are left out.
    """
    logits = _region_logits(method, images, read)
    found = {name: np.array(rows) for name, rows in logits.items() if len(rows) >= FEWEST}
    if not found:
        return None
    centres = {name: np.mean(rows, axis=0) for name, rows in found.items()}
    off = np.concatenate([rows - centres[name] for name, rows in found.items()])
    inverse = _inverse_covariance(off, len(classes))
    limits = {
        name: FARTHEST * float(np.quantile(squared_distances(rows, centres, inverse, [name]), 0.99))
        for name, rows in found.items()
    }
    return ClassLimits(
        centres={name: tuple(centre.tolist()) for name, centre in centres.items()},
        inverse=tuple(tuple(row) for row in inverse.tolist()),
        limits=limits,
    )


def _inverse_covariance(off: np.ndarray, classes: int) -> np.ndarray:
    """Return one inverse covariance for all classes: each has too few regions for its own."""
    return np.linalg.inv(off.T @ off / len(off) + _LEAST_SPREAD**2 * np.eye(classes))


def _region_logits(
    method: Method, images: Iterable[tuple[str, Path]], read: ReadSettings
) -> Mapping[str, list[np.ndarray]]:
    """Return the logits of the highest region of each image, by class; images without a region are left out."""
    found: dict[str, list[np.ndarray]] = {}
    chosen = list(images)
    for name, path in chosen[:: max(1, -(-len(chosen) // MOST))]:
        try:
            result = method(clean(read_image(path, read), read))
        except SemscanError:  # named when the training images were read
            continue
        regions = segment(normalise_map(result.raw, method.raw_threshold), RegionSettings())
        if regions.regions and isinstance(result.classify_regions, ModelRegionClassifier):
            found.setdefault(name, []).append(result.classify_regions.logits(regions.labels, [1])[0])
    return found
