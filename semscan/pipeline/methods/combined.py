"""Several methods as one: the score of a pixel is the largest of their calibrated scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import cv2
import numpy as np

from semscan.errors import BadImageError
from semscan.pipeline.methods.base import Method, MethodResult
from semscan.values import CleanImage
from semscan.values.method import CombinedCalibration, combined_provenance

Value = TypeVar("Value")
AROUND = np.ones((31, 31), np.uint8)  # px: a defect is shown with the reference of the method that found it


class CombinedMethod:
    """Methods that were asked for together.

    The raw map is in multiples of each method's own threshold. One that cannot judge an image is left
    out with a warning; if none can, the first one's error is raised. A method without a threshold (a
    classifier of classes only) adds its classes, not its map.
    """

    raw_threshold: float | None = 1.0

    def __init__(self, methods: Sequence[Method]) -> None:
        self.methods = tuple(methods)
        self.name = "+".join(method.name for method in methods)
        thresholds = {method.name: method.raw_threshold for method in methods}
        if all(threshold is None for threshold in thresholds.values()):
            self.raw_threshold = None
        calibration = CombinedCalibration(self.raw_threshold, thresholds)
        self.provenance = combined_provenance([method.provenance for method in methods], calibration)

    def __call__(self, image: CleanImage) -> MethodResult:
        """Score an image with each method; see the class."""
        results: dict[str, MethodResult] = {}
        faults: list[tuple[str, BadImageError]] = []
        for method in self.methods:
            try:
                results[method.name] = method(image)
            except BadImageError as error:
                faults.append((method.name, error))
        parts = {
            method.name: results[method.name].raw / np.float32(method.raw_threshold)
            for method in self.methods
            if method.name in results and method.raw_threshold is not None
        }
        if not parts:
            raise faults[0][1]
        each = list(results.values())
        return MethodResult(
            raw=np.maximum.reduce(list(parts.values())),
            class_probabilities=_first(result.class_probabilities for result in each),
            judged=_judged_by_any([results[name] for name in parts], image),
            reference=_reference(results, parts, image),
            periodic=_first(result.periodic for result in each),
            parts=parts,
            classify_regions=_first(result.classify_regions for result in each),
            detects_from_px=min((r.detects_from_px for r in each if r.detects_from_px is not None), default=None),
            unlike=tuple(reason for result in each for reason in result.unlike),
            warnings=(
                *(_left_out(name, error, image) for name, error in faults),
                *(warning for result in each for warning in result.warnings),
            ),
        )


def _left_out(name: str, error: BadImageError, image: CleanImage) -> str:
    """Return why a method did not judge the image, without what to do: the others have judged it."""
    reason = str(error).removeprefix(f"{image.source}: ").partition("; ")[0]
    return f"--method {name} is left out: {reason}"


def _first(values: Iterable[Value | None]) -> Value | None:
    return next((value for value in values if value is not None), None)


def _reference(
    results: Mapping[str, MethodResult], parts: Mapping[str, np.ndarray], image: CleanImage
) -> np.ndarray | None:
    """Return the first method's reference, near a defect that of the method that scores highest; None without any.

    Where a method did not judge, its reference is the image itself.
    """
    named = {
        name: np.where(_judged(result, image), result.reference, image.values)
        for name, result in results.items()
        if result.reference is not None
    }
    compared = [name for name in parts if name in named]
    if len(compared) < 2:
        return _first(named.values())
    judged = [_judged(results[name], image) for name in compared]
    highest = [
        cv2.dilate(np.where(inside, parts[name], -1).astype(np.float32), AROUND)
        for name, inside in zip(compared, judged, strict=True)
    ]
    highest[0] = np.maximum(highest[0], 1.0)  # in multiples of the threshold: what lies below is no defect
    best = np.argmax([np.where(*each, -1.0) for each in zip(judged, highest, strict=True)], axis=0)
    return np.choose(best, [named[name] for name in compared])


def _judged_by_any(results: Sequence[MethodResult], image: CleanImage) -> np.ndarray:
    return np.logical_or.reduce([_judged(result, image) for result in results])


def _judged(result: MethodResult, image: CleanImage) -> np.ndarray:
    return image.judged if result.judged is None else result.judged
