"""Real defects of a test set beside painted ones: how far the painted ones predict what is found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from semscan.files.images.read import read_image
from semscan.image.clean import clean
from semscan.maps.normalise import threshold_multiple
from semscan.pipeline.detection.painted import MOST_IMAGES, GoodArea, at_threshold, try_painted
from semscan.pipeline.methods.base import Method
from semscan.scores.detection.curve import compare_with_painted, detection_curve
from semscan.scores.scored_image import ScoredImage
from semscan.settings import InspectSettings
from semscan.values.detection import DetectionCurve, DetectionFigures, TriedDefect


def compare_detection(
    cases: Sequence[ScoredImage], method: Method, settings: InspectSettings, seed: int
) -> DetectionFigures | None:
    """Measure the probability of detection of the real defects, and of defects painted into the good test images.

    Without good test images, the painted defects are those of the model's training, or of the method's calibration.
    None without a threshold.

    Parameters
    ----------
    cases : sequence of ScoredImage
    method : Method
    settings : InspectSettings
    seed : int
        Of the painted defects.
    """
    if method.raw_threshold is None:
        return None
    threshold = settings.regions.threshold
    real = [
        TriedDefect(case.class_name, 2 * math.sqrt(defect.area / math.pi), None, defect.peak / threshold)
        for case in cases
        for defect in case.defects
    ]
    scale = _common([case.nm_per_pixel for case in cases])
    painted, painted_on = _painted(cases, method, settings, seed), "the good test images"
    if painted is None:
        held_out = "held out in training" if method.provenance.kind else "of the calibration"
        painted, painted_on = method.provenance.painted, f"the good images {held_out}"
    return compare_with_painted(painted, None if painted is None else painted_on, real, scale)


def _painted(
    cases: Sequence[ScoredImage], method: Method, settings: InspectSettings, seed: int
) -> DetectionCurve | None:
    good = [case for case in cases if not case.defective]
    chosen = good[:: -(-len(good) // MOST_IMAGES) or 1]
    areas = [GoodArea(clean(read_image(Path(case.name), settings.read), settings.read)) for case in chosen]
    tried = try_painted(method, areas, seed=seed)
    tried = at_threshold(tried, threshold_multiple(settings.regions.threshold))
    return detection_curve(tried, _common([area.image.nm_per_pixel for area in areas]))


def _common(scales: Sequence[float | None]) -> float | None:
    """Return the nm per pixel that all images have; None where they differ or one is not known."""
    different = set(scales)
    return different.pop() if len(different) == 1 else None
