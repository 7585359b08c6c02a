"""Several methods as one: each pixel as hot as the hottest of their calibrated maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from semscan.errors import BadImageError
from semscan.pipeline.methods.base import Method, MethodResult
from semscan.values import CleanImage


class CombinedMethod:
    """Witnesses that were asked for together.

    The raw map is in multiples of each method's own threshold. One that cannot judge an image is left
    out with a warning; if none can, the first one's error is raised. A method without a threshold (a
    classifier of classes only) adds its classes, not its map.
    """

    raw_threshold: float | None = 1.0

    def __init__(self, methods: Sequence[Method]) -> None:
        self._witnesses = tuple(methods)
        self.name = "+".join(method.name for method in methods)
        thresholds = {method.name: method.raw_threshold for method in methods}
        if all(threshold is None for threshold in thresholds.values()):
            self.raw_threshold = None
        self.about: Mapping[str, Any] = {
            **{key: value for method in reversed(methods) for key, value in method.about.items()},
            "calibration": {"raw_threshold": self.raw_threshold, "witnesses": thresholds},
        }

    def __call__(self, image: CleanImage) -> MethodResult:
        """Let each look; see the class."""
        seen: dict[str, MethodResult] = {}
        faults: list[BadImageError] = []
        for method in self._witnesses:
            try:
                seen[method.name] = method(image)
            except BadImageError as error:
                faults.append(error)
        parts = {
            method.name: seen[method.name].raw / np.float32(method.raw_threshold)
            for method in self._witnesses
            if method.name in seen and method.raw_threshold is not None
        }
        if not parts:
            raise faults[0]
        all_seen = list(seen.values())
        return MethodResult(
            raw=np.maximum.reduce(list(parts.values())),
            class_probabilities=_first(evidence.class_probabilities for evidence in all_seen),
            judged=_judged_by_any([seen[name] for name in parts], image),
            reference=_first(evidence.reference for evidence in all_seen),
            periodic=_first(evidence.periodic for evidence in all_seen),
            parts=parts,
            classify_regions=_first(evidence.classify_regions for evidence in all_seen),
            warnings=(*(str(fault) for fault in faults), *(said for e in all_seen for said in e.warnings)),
        )


def _first(values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _judged_by_any(seen: Sequence[MethodResult], image: CleanImage) -> np.ndarray:
    return np.logical_or.reduce([image.judged if evidence.judged is None else evidence.judged for evidence in seen])
