"""Figures of pixels and defects, in the images whose defects are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from semscan.poisson import poisson_interval
from semscan.scores.counts import ImageCounts, count_images
from semscan.scores.figures import (
    ALLOWED,
    PRO_LIMIT,
    Figures,
    ranking_figures,
    recall_figures,
    recall_key,
    single_draw,
    threshold_figures,
)
from semscan.scores.intervals import Intervals, resamples, share_interval, spread, spreads
from semscan.scores.scored_image import ScoredImage, are_defective, rows_by_class

# figures that are None without an image whose defects are known
OF_MASKS = (
    "defects",
    "defect_pixels",
    "pixel_share",
    "pixel_auroc",
    "pixel_ap",
    "aupro30",
    *map(recall_key, ALLOWED),
)


@dataclass(frozen=True, slots=True)
class Masked:
    """The images whose defects are known, what was counted in them, and how often each is in each resampled set."""

    images: list[ScoredImage]
    counts: ImageCounts
    weights: np.ndarray
    good: np.ndarray

    @property
    def once(self) -> np.ndarray:
        """The weights of the test set as it is, (1, images)."""
        return np.ones((1, len(self.images)))

    @property
    def can_vary(self) -> bool:
        """Whether at least two images have defects: of one, resampling cannot show how its figures would vary."""
        return int((self.counts.defects > 0).sum()) > 1


def count_masked(
    images: Sequence[ScoredImage], threshold: float, seed: int, draws: int, progress: Callable[[], None]
) -> Masked | None:
    """Count in all images whose defects are known; None if there are none."""
    masked = [image for image in images if image.has_mask]
    if not masked:
        return None
    defective = are_defective(masked)
    counts = count_images(masked, threshold, progress)
    return Masked(masked, counts, resamples(defective, draws, seed), ~defective)


def pixel_figures(masked: Masked) -> Figures:
    """Compute the figures of pixels and defects at all thresholds."""
    counts = masked.counts
    return {
        "defects": int(counts.defects.sum()),
        "defect_pixels": int(counts.defect_pixels.sum()),
        "pixel_share": _defect_share(counts),
        "pixel_auroc": counts.ranking.auroc(),
        "pixel_ap": counts.ranking.average_precision(),
        "aupro30": counts.ranking.overlap(PRO_LIMIT),
        **single_draw(recall_figures(counts, masked.once)),
    }


def pixel_intervals(masked: Masked) -> Intervals:
    """Compute the intervals of the figures of pixels and defects at all thresholds."""
    defects = int(masked.counts.defects.sum())
    ranked = spreads(ranking_figures(masked.counts, masked.weights))
    recalls = recall_figures(masked.counts, masked.weights)
    of_recalls = spreads(recalls)
    for name, once in single_draw(recall_figures(masked.counts, masked.once)).items():
        # resampling shows no spread where all or nothing is found, or where one image has all defects
        if once is not None and (not masked.can_vary or np.ptp(recalls[name]) == 0):
            of_recalls[name] = share_interval(round(defects * once), defects, recalls[name])
    return (ranked if masked.can_vary else dict.fromkeys(ranked)) | of_recalls


def regions_at_threshold(masked: Masked) -> Figures:
    """Compute the figures of defects, false regions and pixels at the threshold."""
    counts = masked.counts
    false_regions = int(counts.false_at_threshold.sum())
    false_on_good = int(counts.false_at_threshold[masked.good].sum())
    defect_share = _defect_share(counts)
    return {
        "hit": int(counts.defects_hit.sum()),
        "defects": int(counts.defects.sum()),
        **single_draw(threshold_figures(counts, masked.once, masked.good)),
        "f1_of_calling_all_defective": 2 * defect_share / (1 + defect_share),
        "false_regions": false_regions,
        "false_per_image_95": poisson_interval(false_regions, len(masked.images)),
        "false_regions_on_good": false_on_good,
        "false_per_good_image_95": poisson_interval(false_on_good, int(masked.good.sum())),
    }


def threshold_intervals(masked: Masked) -> Intervals:
    """Compute the intervals of the figures at the threshold."""
    counts = masked.counts
    resampled = threshold_figures(counts, masked.weights, masked.good)
    intervals = {f"at_threshold.{name}": spread(values) for name, values in resampled.items()}
    if not masked.can_vary:
        intervals |= dict.fromkeys(f"at_threshold.{name}" for name in ("precision", "recall", "f1"))
    # where all or nothing is hit, resampling shows no spread
    hit_share = share_interval(int(counts.defects_hit.sum()), int(counts.defects.sum()), resampled["hit_share"])
    return intervals | {"at_threshold.hit_share": hit_share}


def defects_by_class(masked: Masked) -> dict[str, Figures]:
    """Compute the figures of defects and false regions of each class.

    Recalls allow the false regions of all images, since a user has one threshold for all classes.
    """
    return {name: _class_defects(masked, rows) for name, rows in rows_by_class(masked.images).items()}


def _class_defects(masked: Masked, rows: list[int]) -> Figures:
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
        entry |= single_draw(recall_figures(counts, masked.once, rows))
    return entry


def _defect_share(counts: ImageCounts) -> float:
    """Compute the share of pixels that lie on defects."""
    defect_pixels = float(counts.defect_pixels.sum())
    return defect_pixels / (defect_pixels + counts.ranking.negatives)
