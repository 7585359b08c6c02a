"""Several witnesses as one: each pixel as hot as the hottest of their calibrated maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from semscan.errors import BadImageError
from semscan.pipeline.witness import Evidence, Witness
from semscan.values import CleanImage


class Together:
    """Witnesses that were asked for together.

    The raw map is in multiples of each witness's own threshold. One that cannot judge an image is left
    out with a warning; if none can, the first one's error is raised. A witness without a threshold (a
    classifier of classes only) adds its classes, not its map.
    """

    raw_threshold: float | None = 1.0

    def __init__(self, witnesses: Sequence[Witness]) -> None:
        self._witnesses = tuple(witnesses)
        self.name = "+".join(witness.name for witness in witnesses)
        thresholds = {witness.name: witness.raw_threshold for witness in witnesses}
        if all(threshold is None for threshold in thresholds.values()):
            self.raw_threshold = None
        self.about: Mapping[str, Any] = {
            **{key: value for witness in reversed(witnesses) for key, value in witness.about.items()},
            "calibration": {"raw_threshold": self.raw_threshold, "witnesses": thresholds},
        }

    def __call__(self, image: CleanImage) -> Evidence:
        """Let each look; see the class."""
        seen: dict[str, Evidence] = {}
        faults: list[BadImageError] = []
        for witness in self._witnesses:
            try:
                seen[witness.name] = witness(image)
            except BadImageError as error:
                faults.append(error)
        parts = {
            witness.name: seen[witness.name].raw / np.float32(witness.raw_threshold)
            for witness in self._witnesses
            if witness.name in seen and witness.raw_threshold is not None
        }
        if not parts:
            raise faults[0]
        all_seen = list(seen.values())
        return Evidence(
            raw=np.maximum.reduce(list(parts.values())),
            class_probabilities=_first(evidence.class_probabilities for evidence in all_seen),
            judged=_judged_by_any([seen[name] for name in parts], image),
            reference=_first(evidence.reference for evidence in all_seen),
            periodic=_first(evidence.periodic for evidence in all_seen),
            parts=parts,
            namer=_first(evidence.namer for evidence in all_seen),
            warnings=(*(str(fault) for fault in faults), *(said for e in all_seen for said in e.warnings)),
        )


def _first(values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _judged_by_any(seen: Sequence[Evidence], image: CleanImage) -> np.ndarray:
    return np.logical_or.reduce([image.judged if evidence.judged is None else evidence.judged for evidence in seen])
