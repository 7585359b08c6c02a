"""All figures of a test set, with what is needed to draw them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from semscan.scores.confusion import confusion
from semscan.scores.curves import Line, curves
from semscan.scores.defects import Component
from semscan.scores.evaluation.pixels_and_defects import (
    OF_MASKS,
    Masked,
    count_masked,
    defects_by_class,
    pixel_figures,
    pixel_intervals,
    regions_at_threshold,
    threshold_intervals,
)
from semscan.scores.evaluation.whole_images import flagged_images, image_ranking, images_at_threshold, images_by_class
from semscan.scores.figures import Figures
from semscan.scores.intervals import Intervals, resamples
from semscan.scores.scored_image import ScoredImage, are_defective
from semscan.scores.types import type_figures
from semscan.settings import DEFECTS, GOOD_NAMES, UNKNOWN

_DIGITS = 6
_KINDS = {kind for kinds in DEFECTS.values() for kind in kinds}


@dataclass(frozen=True, slots=True)
class EvaluatedMaps:
    """What `evaluate_maps` returns.

    `figures` are plain values, for JSON. `lines` are the curves by name. `misses` are the defects that were not
    hit, the lowest peak first; `false_alarms` are the false regions, the highest peak first; each with its image.
    """

    figures: Figures
    lines: dict[str, Line]
    misses: list[tuple[ScoredImage, Component]]
    false_alarms: list[tuple[ScoredImage, Component]]


def evaluate_maps(
    images: Sequence[ScoredImage],
    threshold: float,
    *,
    seed: int = 0,
    draws: int = 1000,
    progress: Callable[[], None] = lambda: None,
) -> EvaluatedMaps:
    """Compare maps with the truth.

    Defective images without a mask count in the image figures only.

    Parameters
    ----------
    images : sequence of ScoredImage
        At least one.
    threshold : float
        In map units.
    seed, draws : int
        Of the intervals: that many test sets are drawn from the images, with replacement.
    progress : callable
        Called after each image.
    """
    defective = are_defective(images)
    weights = resamples(defective, draws, seed)
    masked = count_masked(images, threshold, seed, draws, progress)
    flagged = flagged_images(images, masked, threshold)
    found, intervals, lines = image_ranking(images, defective, weights)
    found |= dict.fromkeys(OF_MASKS)
    found["at_threshold"] = {"threshold": threshold, **images_at_threshold(flagged, defective)}
    found["classes"] = images_by_class(images, flagged)
    if masked is not None:
        _add_defects(found, masked)
        intervals |= pixel_intervals(masked) | threshold_intervals(masked)
        lines |= curves(masked.counts)
    types, type_intervals = _type_figures(images, threshold, weights)
    found["confusion"] = _confusion(images)
    found["types"] = types
    found["intervals"] = intervals | type_intervals
    return EvaluatedMaps(_rounded(found), lines, _misses(masked, threshold), _false_alarms(masked))


def _add_defects(found: Figures, masked: Masked) -> None:
    """Add the figures of pixels and defects to those of whole images."""
    found |= pixel_figures(masked)
    found["at_threshold"] |= regions_at_threshold(masked)
    for name, entry in defects_by_class(masked).items():
        found["classes"][name] |= entry


def _misses(masked: Masked | None, threshold: float) -> list[tuple[ScoredImage, Component]]:
    if masked is None:
        return []
    limit = np.float32(threshold)  # as a map is compared with it
    missed = [(image, defect) for image in masked.images for defect in image.defects if not defect.peak > limit]
    return sorted(missed, key=lambda miss: miss[1].peak)


def _false_alarms(masked: Masked | None) -> list[tuple[ScoredImage, Component]]:
    if masked is None:
        return []
    alarms = [(masked.images[row], region) for row, region in masked.counts.false_alarms]
    return sorted(alarms, key=lambda alarm: -alarm[1].peak)


def in_words_of(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """Write each name as it is written in `known`, where it differs in upper and lower case alone.

    A name of good images, such as "OK", becomes the one of them that is known.

    Examples
    --------
    >>> in_words_of(["Bridge", "OK", "other"], ["bridge", "good"])
    ['bridge', 'good', 'other']
    """
    words = {name.casefold(): name for name in known}
    good = next((name for name in known if name.casefold() in GOOD_NAMES), None)
    found = []
    for name in names:
        is_good = name.casefold() in GOOD_NAMES and good is not None
        found.append(name if name in known else str(good) if is_good else words.get(name.casefold(), name))
    return found


def _confusion(images: Sequence[ScoredImage]) -> Figures | None:
    """Compare the true classes with the predicted ones; None without predictions."""
    predicted = [image for image in images if image.predicted_class is not None]
    if not predicted:
        return None
    guessed = [str(image.predicted_class) for image in predicted]
    return confusion(in_words_of([image.class_name for image in predicted], guessed), guessed)


def _type_figures(
    images: Sequence[ScoredImage], threshold: float, weights: np.ndarray
) -> tuple[Figures | None, Intervals]:
    """Compare the types of defects with the predicted classes.

    None if no region has a class, or if the true types are of another vocabulary than the predicted ones: then no
    prediction is right or wrong.
    """
    pairs = [_type_pairs(image, threshold) for image in images]
    predicted = {pair[1] for image in pairs for pair in image}
    known = [*_KINDS, *(name for name in predicted if name is not None)]
    pairs = [[(in_words_of([true], known)[0], guess) for true, guess in image] for image in pairs]
    true = {pair[0] for image in pairs for pair in image}
    if not true & (predicted | _KINDS) or not any(image.has_region_class for image in images):
        return None, {}
    return type_figures(pairs, weights)


def _type_pairs(image: ScoredImage, threshold: float) -> list[tuple[str, str | None]]:
    """Pair the type of each defect of an image with its predicted class, None where it was not hit."""
    if not image.types:
        return []
    limit = np.float32(threshold)
    return [
        (of.true, (of.predicted or UNKNOWN) if defect.peak > limit else None)
        for defect, of in zip(image.defects, image.types, strict=True)
        if of.true is not None
    ]


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return round(value, _DIGITS) if isinstance(value, float) else value
