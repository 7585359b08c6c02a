"""All figures of a test set, with what is needed to draw them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from semscan.poisson import poisson_interval
from semscan.scores import figures
from semscan.scores.confusion import confusion
from semscan.scores.counts import ImageCounts, count_images
from semscan.scores.curves import Line, curves
from semscan.scores.defects import Component, detected_regions
from semscan.scores.intervals import perfect_auroc_interval, resamples, share_interval, spread
from semscan.scores.ranking import rank_scores
from semscan.scores.scored_image import ScoredImage
from semscan.scores.types import type_figures
from semscan.settings import DEFECTS, UNKNOWN

_DIGITS = 6
_KINDS = {kind for kinds in DEFECTS.values() for kind in kinds}
_OF_MASKS = (
    "defects",
    "defect_pixels",
    "pixel_share",
    "pixel_auroc",
    "pixel_ap",
    "aupro30",
    *map(figures.recall_key, figures.ALLOWED),
)
Figures = dict[str, Any]  # plain values, for JSON
Intervals = dict[str, list[float] | None]


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


@dataclass(frozen=True, slots=True)
class _Masked:
    """The images whose defects are known, what was counted in them, and how often each is in each resampled set."""

    images: list[ScoredImage]
    counts: ImageCounts
    weights: np.ndarray
    good: np.ndarray

    @property
    def once(self) -> np.ndarray:
        """The weights of the test set as it is, (1, images)."""
        return np.ones((1, len(self.images)))


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
    defective = _defective(images)
    weights = resamples(defective, draws, seed)
    masked = _count_masked(images, threshold, seed, draws, progress)
    flagged = _flagged(images, masked, threshold)
    found, intervals, lines = _image_ranking(images, defective, weights)
    found["at_threshold"] = {"threshold": threshold, **_images_at_threshold(flagged, defective)}
    found["classes"] = _images_by_class(images, flagged)
    if masked is not None:
        _add_defects(found, masked)
        intervals |= _pixel_intervals(masked) | _threshold_intervals(masked)
        lines |= curves(masked.counts)
    types, type_intervals = _type_figures(images, threshold, weights)
    found["confusion"] = _confusion(images)
    found["types"] = types
    found["intervals"] = intervals | type_intervals
    return EvaluatedMaps(_rounded(found), lines, _misses(masked, threshold), _false_alarms(masked))


def _add_defects(found: Figures, masked: _Masked) -> None:
    """Add the figures of pixels and defects to those of whole images."""
    found |= _pixel_figures(masked)
    found["at_threshold"] |= _regions_at_threshold(masked)
    for name, entry in _defects_by_class(masked).items():
        found["classes"][name] |= entry


def _defective(images: Sequence[ScoredImage]) -> np.ndarray:
    return np.array([image.defective for image in images])


def _count_masked(
    images: Sequence[ScoredImage], threshold: float, seed: int, draws: int, progress: Callable[[], None]
) -> _Masked | None:
    """Count in all images whose defects are known; None if there are none."""
    masked = [image for image in images if image.has_mask]
    if not masked:
        return None
    defective = _defective(masked)
    counts = count_images(masked, threshold, progress)
    return _Masked(masked, counts, resamples(defective, draws, seed), ~defective)


def _flagged(images: Sequence[ScoredImage], masked: _Masked | None, threshold: float) -> np.ndarray:
    """Decide which images have a region at all, bool (images,)."""
    counted = iter(() if masked is None else masked.counts.regions)
    nowhere = np.zeros(0, np.int64)
    regions = [
        next(counted) if image.has_mask else detected_regions(image.load(), threshold, nowhere).count
        for image in images
    ]
    return np.array(regions) > 0


def _image_ranking(
    images: Sequence[ScoredImage], defective: np.ndarray, weights: np.ndarray
) -> tuple[Figures, Intervals, dict[str, Line]]:
    """Compute the numbers of images and the figures of whole images at all thresholds."""
    peaks = np.array([image.peak for image in images])
    ranking = rank_scores(peaks, defective)
    found: Figures = {
        "images": len(images),
        "good_images": int((~defective).sum()),
        "defective_images": int(defective.sum()),
        "without_mask": sum(not image.has_mask for image in images),
        "image_auroc": ranking.auroc(),
        "image_ap": ranking.average_precision(),
        **dict.fromkeys(_OF_MASKS),
    }
    intervals = _spreads(figures.image_figures(peaks, defective, weights))
    if ranking.auroc() == 1:  # resampling shows no spread
        bad, good = int(defective.sum()), int((~defective).sum())
        intervals["image_auroc"] = perfect_auroc_interval(good, bad)
        # the share of defective images above every good one is a lower bound of AP
        intervals["image_ap"] = share_interval(bad, bad, np.ones(1))
    lines: dict[str, Line] = {} if ranking.auroc() is None else {"image ROC": ranking.roc()}
    return found, intervals, lines


def _images_at_threshold(flagged: np.ndarray, defective: np.ndarray) -> Figures:
    """Compute the figures of whole images at the threshold."""

    def f1(predicted: np.ndarray) -> float:
        return float(2 * (predicted & defective).sum() / (predicted.sum() + defective.sum()))

    both = bool(defective.any() and not defective.all())
    return {
        "defective_images_found": int((flagged & defective).sum()),
        "good_images_flagged": int((flagged & ~defective).sum()),
        "image_f1": f1(flagged) if both else None,
        "image_f1_of_calling_all_defective": f1(np.ones_like(defective)) if both else None,
    }


def _images_by_class(images: Sequence[ScoredImage], flagged: np.ndarray) -> dict[str, Figures]:
    """Count, for each class, its images and those that are flagged."""
    return {
        name: {"images": len(rows), "images_flagged": int(flagged[rows].sum())}
        for name, rows in _rows_by_class(images).items()
    }


def _rows_by_class(images: Sequence[ScoredImage]) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = {name: [] for name in sorted({image.class_name for image in images})}
    for row, image in enumerate(images):
        rows[image.class_name].append(row)
    return rows


def _pixel_figures(masked: _Masked) -> Figures:
    """Compute the figures of pixels and defects at all thresholds."""
    counts = masked.counts
    return {
        "defects": int(counts.defects.sum()),
        "defect_pixels": int(counts.defect_pixels.sum()),
        "pixel_share": _defect_share(counts),
        "pixel_auroc": counts.ranking.auroc(),
        "pixel_ap": counts.ranking.average_precision(),
        "aupro30": counts.ranking.overlap(figures.PRO_LIMIT),
        **figures.single_draw(figures.recall_figures(counts, masked.once)),
    }


def _pixel_intervals(masked: _Masked) -> Intervals:
    defects = int(masked.counts.defects.sum())
    recalls = figures.recall_figures(masked.counts, masked.weights)
    all_or_nothing = {
        name: share_interval(round(defects * float(values[0])), defects, values)
        for name, values in recalls.items()
        if np.isin(values, (0, 1)).all() and np.ptp(values) == 0  # resampling shows no spread
    }
    return {
        **_spreads(figures.ranking_figures(masked.counts, masked.weights)),
        **_spreads(recalls),
        **all_or_nothing,
    }


def _regions_at_threshold(masked: _Masked) -> Figures:
    """Compute the figures of defects, false regions and pixels at the threshold."""
    counts = masked.counts
    false_regions = int(counts.false_at_threshold.sum())
    false_on_good = int(counts.false_at_threshold[masked.good].sum())
    defect_share = _defect_share(counts)
    return {
        "hit": int(counts.defects_hit.sum()),
        "defects": int(counts.defects.sum()),
        **figures.single_draw(figures.threshold_figures(counts, masked.once, masked.good)),
        "f1_of_calling_all_defective": 2 * defect_share / (1 + defect_share),
        "false_regions": false_regions,
        "false_per_image_95": poisson_interval(false_regions, len(masked.images)),
        "false_regions_on_good": false_on_good,
        "false_per_good_image_95": poisson_interval(false_on_good, int(masked.good.sum())),
    }


def _threshold_intervals(masked: _Masked) -> Intervals:
    counts = masked.counts
    resampled = figures.threshold_figures(counts, masked.weights, masked.good)
    intervals = {f"at_threshold.{name}": spread(values) for name, values in resampled.items()}
    # where all or nothing is hit, resampling shows no spread
    hit_share = share_interval(int(counts.defects_hit.sum()), int(counts.defects.sum()), resampled["hit_share"])
    return intervals | {"at_threshold.hit_share": hit_share}


def _defects_by_class(masked: _Masked) -> dict[str, Figures]:
    """Compute the figures of defects and false regions of each class.

    Recalls allow the false regions of all images, since a user has one threshold for all classes.
    """
    return {name: _class_defects(masked, rows) for name, rows in _rows_by_class(masked.images).items()}


def _class_defects(masked: _Masked, rows: list[int]) -> Figures:
    counts = masked.counts
    false_regions = int(counts.false_at_threshold[rows].sum())
    defects = int(counts.defects[rows].sum())
    hit = int(counts.defects_hit[rows].sum())
    entry: Figures = {
        "defects": defects,
        "hit": hit,
        "false_per_image": false_regions / len(rows),
        "false_per_image_95": poisson_interval(false_regions, len(rows)),
    }
    if defects:
        weights = masked.weights[:, rows]
        with np.errstate(invalid="ignore", divide="ignore"):
            resampled = (weights @ counts.defects_hit[rows]) / (weights @ counts.defects[rows])
        entry |= {"hit_share": hit / defects, "hit_share_95": share_interval(hit, defects, resampled)}
        entry |= figures.single_draw(figures.recall_figures(counts, masked.once, rows))
    return entry


def _misses(masked: _Masked | None, threshold: float) -> list[tuple[ScoredImage, Component]]:
    if masked is None:
        return []
    limit = np.float32(threshold)  # as a map is compared with it
    missed = [(image, defect) for image in masked.images for defect in image.defects if not defect.peak > limit]
    return sorted(missed, key=lambda miss: miss[1].peak)


def _false_alarms(masked: _Masked | None) -> list[tuple[ScoredImage, Component]]:
    if masked is None:
        return []
    alarms = [(masked.images[row], region) for row, region in masked.counts.false_alarms]
    return sorted(alarms, key=lambda alarm: -alarm[1].peak)


def _confusion(images: Sequence[ScoredImage]) -> Figures | None:
    """Compare the true classes with the predicted ones; None without predictions."""
    predicted = [image for image in images if image.predicted_class is not None]
    if not predicted:
        return None
    return confusion([image.class_name for image in predicted], [str(image.predicted_class) for image in predicted])


def _type_figures(
    images: Sequence[ScoredImage], threshold: float, weights: np.ndarray
) -> tuple[Figures | None, Intervals]:
    """Compare the types of defects with the predicted classes.

    None if no region has a class, or if the true types are of another vocabulary than the predicted ones: then no
    prediction is right or wrong.
    """
    pairs = [_type_pairs(image, threshold) for image in images]
    true = {pair[0] for image in pairs for pair in image}
    predicted = {pair[1] for image in pairs for pair in image}
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


def _defect_share(counts: ImageCounts) -> float:
    """Compute the share of pixels that lie on defects."""
    defect_pixels = float(counts.defect_pixels.sum())
    return defect_pixels / (defect_pixels + counts.ranking.negatives)


def _spreads(resampled: dict[str, np.ndarray]) -> Intervals:
    return {name: spread(values) for name, values in resampled.items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return round(value, _DIGITS) if isinstance(value, float) else value
