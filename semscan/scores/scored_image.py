"""One test image whose answer is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from semscan.scores.defects import Patch, true_defects
from semscan.scores.types import DefectType


@dataclass(frozen=True, slots=True)
class ScoredImage:
    """What is true of one test image, and how hot its map is there.

    `load` gives the map (float32, 0 to 1) again; only what lies on defects is kept here. `masked` is
    False for a defective image without a mask: nobody knows where its defects are. `told` is the class
    that a classifier gave it. `positives` and `shares` belong to the pixels of `truth`, in their order.
    `types` are those of `defects`, or empty; `named` is True when any of its regions has a class.
    """

    name: str
    class_name: str
    defective: bool
    masked: bool
    told: str | None
    peak: float
    defects: tuple[Patch, ...]
    positives: np.ndarray
    shares: np.ndarray
    shape: tuple[int, int]
    load: Callable[[], np.ndarray] = field(repr=False)
    packed: np.ndarray | None = field(default=None, repr=False)
    types: tuple[DefectType, ...] = ()
    named: bool = False

    @property
    def truth(self) -> np.ndarray:
        """The true defects' pixels, bool (rows, cols)."""
        if self.packed is None:
            return np.zeros(self.shape, bool)
        return np.unpackbits(self.packed, count=self.shape[0] * self.shape[1]).reshape(self.shape).astype(bool)


def scored_image(
    name: str,
    class_name: str,
    anomaly_map: np.ndarray,
    truth: np.ndarray | None,
    *,
    defective: bool,
    load: Callable[[], np.ndarray] | None = None,
    told: str | None = None,
    types: Sequence[DefectType] = (),
    named: bool = False,
) -> ScoredImage:
    """Note what matters of one image.

    Parameters
    ----------
    anomaly_map : ndarray of float32, shape (rows, cols)
        Its map.
    truth : ndarray of bool, same shape, or None
        None: nothing is known to be wrong in it, or (when it is defective) not where.
    load : callable, optional
        Gives `anomaly_map` again; without it the map itself is kept.
    types : sequence of Typed
        Of its true defects, see `semscan.scores.types.type_defects`.
    """
    known = np.zeros(anomaly_map.shape, bool) if truth is None else truth
    defects, shares = true_defects(known, anomaly_map)
    return ScoredImage(
        name=name,
        class_name=class_name,
        defective=defective,
        masked=not defective or truth is not None,
        told=told,
        peak=float(anomaly_map.max()),
        defects=tuple(defects),
        positives=anomaly_map[known],
        shares=shares,
        shape=(anomaly_map.shape[0], anomaly_map.shape[1]),
        load=load or (lambda: anomaly_map),
        packed=np.packbits(known) if known.any() else None,
        types=tuple(types),
        named=named,
    )
