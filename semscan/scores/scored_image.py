"""One test image whose truth is known, and its map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from semscan.scores.defects import Component, true_defects
from semscan.scores.types import DefectType


@dataclass(frozen=True, slots=True)
class ScoredImage:
    """The truth of one test image, and the map's values on its defects.

    `load` gives the map (float32, 0 to 1) again; only its values on defects are kept here. `has_mask` is
    False for a defective image without a mask: where its defects are is unknown. `predicted_class` is the class
    that a classifier gave it. `positives` and `shares` belong to the pixels of `truth`, in their order. Pixels of
    `left_out` are neither defects nor good ones. `types` are those of `defects`, or empty. `has_region_class` is True
    when any of its regions has a class.
    """

    name: str
    class_name: str
    defective: bool
    has_mask: bool
    predicted_class: str | None
    peak: float
    defects: tuple[Component, ...]
    positives: np.ndarray
    shares: np.ndarray
    shape: tuple[int, int]
    load: Callable[[], np.ndarray] = field(repr=False)
    packed_truth: np.ndarray | None = field(default=None, repr=False)
    packed_left_out: np.ndarray | None = field(default=None, repr=False)
    types: tuple[DefectType, ...] = ()
    has_region_class: bool = False
    nm_per_pixel: float | None = None

    @property
    def truth(self) -> np.ndarray:
        """The true defects' pixels, bool (rows, cols)."""
        return self._unpacked(self.packed_truth)

    @property
    def left_out(self) -> np.ndarray:
        """The pixels that nobody wanted judged, bool (rows, cols)."""
        return self._unpacked(self.packed_left_out)

    def _unpacked(self, packed: np.ndarray | None) -> np.ndarray:
        if packed is None:
            return np.zeros(self.shape, bool)
        return np.unpackbits(packed, count=self.shape[0] * self.shape[1]).reshape(self.shape).astype(bool)


def scored_image(
    name: str,
    class_name: str,
    anomaly_map: np.ndarray,
    truth: np.ndarray | None,
    *,
    defective: bool,
    wanted: np.ndarray | None = None,
    load: Callable[[], np.ndarray] | None = None,
    predicted_class: str | None = None,
    types: Sequence[DefectType] = (),
    has_region_class: bool = False,
    nm_per_pixel: float | None = None,
) -> ScoredImage:
    """Keep of one image what its figures need.

    Parameters
    ----------
    name, class_name : str
        Of the image, and of its true class.
    anomaly_map : ndarray of float32, shape (rows, cols)
        Its map.
    truth : ndarray of bool, same shape, or None
        True on defects. None: it has no defect, or (when it is defective) where is unknown.
    defective : bool
        Whether the image has a defect.
    wanted : ndarray of bool, same shape, optional
        False on pixels that are not to be judged, such as a data bar. By default all are.
    load : callable, optional
        Gives `anomaly_map` again; without it the map itself is kept.
    predicted_class : str, optional
        The class that a classifier gave it.
    types : sequence of DefectType
        Of its true defects, see `semscan.scores.types.type_defects`.
    has_region_class : bool
        Whether any of its regions has a class.
    nm_per_pixel : float, optional
    """
    marked = np.zeros(anomaly_map.shape, bool) if truth is None else truth
    if wanted is not None:
        marked = marked & wanted
    defects, shares = true_defects(marked, anomaly_map)
    return ScoredImage(
        name=name,
        class_name=class_name,
        defective=defective,
        has_mask=not defective or truth is not None,
        predicted_class=predicted_class,
        peak=float(anomaly_map.max()),
        defects=tuple(defects),
        positives=anomaly_map[marked],
        shares=shares,
        shape=(anomaly_map.shape[0], anomaly_map.shape[1]),
        load=load or (lambda: anomaly_map),
        packed_truth=np.packbits(marked) if marked.any() else None,
        packed_left_out=None if wanted is None or wanted.all() else np.packbits(~wanted),
        types=tuple(types),
        has_region_class=has_region_class,
        nm_per_pixel=nm_per_pixel,
    )


def are_defective(images: Sequence[ScoredImage]) -> np.ndarray:
    """Return which images have a defect, bool (images,)."""
    return np.array([image.defective for image in images])


def rows_by_class(images: Sequence[ScoredImage]) -> dict[str, list[int]]:
    """Return which images are of each class, by their places, classes in order."""
    rows: dict[str, list[int]] = {name: [] for name in sorted({image.class_name for image in images})}
    for row, image in enumerate(images):
        rows[image.class_name].append(row)
    return rows
