"""Count, in one pass over all maps, what each image adds to each figure. Figures of any mix of images follow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from semscan.scores.defects import Component, count_false, detected_regions, near_defects
from semscan.scores.levels import float32_below, froc_thresholds
from semscan.scores.ranking import CurveAccumulator
from semscan.scores.scored_image import ScoredImage

_BINS = 512


@dataclass(frozen=True, slots=True)
class ImageCounts:
    """Counts, one row for each image.

    `positives`, `shares` and `negatives` count pixels (or shares of defects) between `levels`, from the highest
    down. `hits` and `false_regions` count defects hit and false regions at each of `thresholds`, which rise.

    The rest is at the one threshold of the test: `defects_hit` of `defects`, `false_at_threshold` of `regions`, and
    pixels: `true_positives` among the `predicted` (above the threshold) and the `defect_pixels`. `false_alarms` are
    the false regions, each with the number of its image.
    """

    levels: np.ndarray
    positives: np.ndarray
    shares: np.ndarray
    negatives: np.ndarray
    thresholds: np.ndarray
    hits: np.ndarray
    false_regions: np.ndarray
    defects: np.ndarray
    defects_hit: np.ndarray
    false_at_threshold: np.ndarray
    regions: np.ndarray
    true_positives: np.ndarray
    predicted: np.ndarray
    defect_pixels: np.ndarray
    ranking: CurveAccumulator
    false_alarms: list[tuple[int, Component]]


def count_images(
    images: Sequence[ScoredImage], threshold: float, progress: Callable[[], None] = lambda: None
) -> ImageCounts:
    """Load each map once more (and twice before, for the thresholds of the FROC curve) and count.

    Parameters
    ----------
    images : sequence of ScoredImage
        With masks; at least one.
    threshold : float
        In map units.
    progress : callable
        Called after each image.
    """
    thresholds = froc_thresholds(lambda: (image.load() for image in images))
    ranking = CurveAccumulator(
        np.concatenate([image.positives for image in images]), np.concatenate([image.shares for image in images])
    )
    # levels for resampled figures: every threshold, and scores of defects evenly by rank
    spaced = np.linspace(0, max(len(ranking.levels) - 1, 0), _BINS).astype(int)
    levels = np.unique(np.r_[thresholds, ranking.levels[spaced] if len(ranking.levels) else []]).astype(np.float32)
    counts = _empty(len(images), np.unique(levels), thresholds, ranking)
    for row, image in enumerate(images):
        _count_image(counts, row, image, threshold)
        progress()
    return counts


def _empty(images: int, levels: np.ndarray, thresholds: np.ndarray, ranking: CurveAccumulator) -> ImageCounts:
    bins = len(levels) + 1
    return ImageCounts(
        levels=levels,
        positives=np.zeros((images, bins)),
        shares=np.zeros((images, bins)),
        negatives=np.zeros((images, bins)),
        thresholds=thresholds,
        hits=np.zeros((images, len(thresholds))),
        false_regions=np.zeros((images, len(thresholds))),
        defects=np.zeros(images),
        defects_hit=np.zeros(images),
        false_at_threshold=np.zeros(images),
        regions=np.zeros(images),
        true_positives=np.zeros(images),
        predicted=np.zeros(images),
        defect_pixels=np.zeros(images),
        ranking=ranking,
        false_alarms=[],
    )


def _count_image(counts: ImageCounts, row: int, image: ScoredImage, threshold: float) -> None:
    """Fill in the row of one image."""
    anomaly_map = image.load()
    truth = image.truth
    near = near_defects(truth)
    negatives = np.sort(anomaly_map[~(truth | image.left_out)])
    counts.ranking.add(negatives)

    ends = np.searchsorted(negatives, counts.levels, "left")
    counts.negatives[row] = np.diff(ends, prepend=0, append=len(negatives))[::-1]
    bins = len(counts.levels) - np.searchsorted(counts.levels, image.positives, "right")
    counts.positives[row] = np.bincount(bins, minlength=len(counts.levels) + 1)
    counts.shares[row] = np.bincount(bins, image.shares, minlength=len(counts.levels) + 1)

    peaks = np.array([defect.peak for defect in image.defects])
    counts.hits[row] = [(peaks > level).sum() for level in counts.thresholds]
    counts.false_regions[row] = [count_false(anomaly_map > float32_below(level), near) for level in counts.thresholds]

    detected = detected_regions(anomaly_map, threshold, near)
    counts.false_alarms.extend((row, region) for region in detected.false_regions)
    limit = np.float32(threshold)  # as a map is compared with it
    counts.defects[row] = len(peaks)
    counts.defects_hit[row] = (peaks > limit).sum()
    counts.false_at_threshold[row] = len(detected.false_regions)
    counts.regions[row] = detected.count
    counts.true_positives[row] = (image.positives > limit).sum()
    counts.predicted[row] = counts.true_positives[row] + (negatives > limit).sum()
    counts.defect_pixels[row] = len(image.positives)
