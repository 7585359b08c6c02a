"""Figures of whole images: their scores, and which of them have a region."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from semscan.scores.curves import Line
from semscan.scores.defects import detected_regions
from semscan.scores.evaluation.pixels_and_defects import Masked
from semscan.scores.figures import Figures, image_figures
from semscan.scores.intervals import Intervals, perfect_auroc_interval, share_interval, spreads
from semscan.scores.ranking import rank_scores
from semscan.scores.scored_image import ScoredImage, rows_by_class


def flagged_images(images: Sequence[ScoredImage], masked: Masked | None, threshold: float) -> np.ndarray:
    """Decide which images have a region at all, bool (images,)."""
    counted = iter(() if masked is None else masked.counts.regions)
    nowhere = np.zeros(0, np.int64)
    regions = [
        next(counted) if image.has_mask else detected_regions(image.load(), threshold, nowhere).count
        for image in images
    ]
    return np.array(regions) > 0


def image_ranking(
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
    }
    intervals = spreads(image_figures(peaks, defective, weights))
    bad, good = int(defective.sum()), int((~defective).sum())
    if ranking.auroc() == 1:  # resampling shows no spread
        intervals["image_auroc"] = perfect_auroc_interval(good, bad)
        # the share of defective images above every good one is a lower bound of AP
        intervals["image_ap"] = share_interval(bad, bad, np.ones(1))
    elif min(bad, good) < 2:  # of a single image, resampling cannot show how its figures would vary
        intervals = dict.fromkeys(intervals)
    lines: dict[str, Line] = {} if ranking.auroc() is None else {"image ROC": ranking.roc()}
    return found, intervals, lines


def images_at_threshold(flagged: np.ndarray, defective: np.ndarray) -> Figures:
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


def images_by_class(images: Sequence[ScoredImage], flagged: np.ndarray) -> dict[str, Figures]:
    """Count, for each class, its images and those that are flagged."""
    return {
        name: {"images": len(rows), "images_flagged": int(flagged[rows].sum())}
        for name, rows in rows_by_class(images).items()
    }
