"""Figures of any mix of the images of a test set: each image once, or resampled for confidence intervals.

`weights` is ndarray, shape (draws, images), in every function: how often each image counts in each draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from semscan.scores.counts import ImageCounts

PRO_LIMIT = 0.3
ALLOWED = (0.1, 1.0, 10.0)  # false regions per image
Figures = dict[str, Any]  # plain values, for JSON


def recall_key(allowed: float) -> str:
    """Return the name of a recall, as ``recall_at_0.1fp``."""
    return f"recall_at_{allowed:g}fp"


def ranking_figures(counts: ImageCounts, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Compute pixel AUROC, AP and AUPRO from the counts between levels: near enough for intervals."""
    positives = weights @ counts.positives
    negatives = weights @ counts.negatives
    auroc, precision = binned_areas(positives, negatives)
    false_rate = _cumulated_shares(negatives)
    overlap = _cumulated_shares(weights @ counts.shares)
    grid = np.linspace(0, PRO_LIMIT, 301)
    heights = np.array([np.interp(grid, x, y) for x, y in zip(false_rate, overlap, strict=True)])
    aupro = ((heights[:, 1:] + heights[:, :-1]) / 2).mean(axis=1)
    return {"pixel_auroc": auroc, "pixel_ap": precision, "aupro30": aupro}


def image_figures(peaks: np.ndarray, defective: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Compute image AUROC and AP of the map's largest value, for each draw.

    NaN without good or without defective images.
    """
    levels, rank = np.unique(-peaks, return_inverse=True)
    at_level = np.eye(len(levels))[rank]
    auroc, precision = binned_areas(
        weights @ (at_level * defective[:, None]), weights @ (at_level * ~defective[:, None])
    )
    return {"image_auroc": auroc, "image_ap": precision}


def binned_areas(positives: np.ndarray, negatives: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute the area under the ROC curve and the average precision of counts in bins.

    Parameters
    ----------
    positives, negatives : ndarray, shape (draws, bins)
        From the highest scores down.
    """
    true_positives = np.cumsum(positives, axis=1)
    false_positives = np.cumsum(negatives, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        # ties within a bin count half
        area = (negatives * (true_positives - positives / 2)).sum(axis=1)
        area = area / (true_positives[:, -1] * false_positives[:, -1])
        precision = np.nansum(positives * true_positives / (true_positives + false_positives), axis=1)
        precision = precision / true_positives[:, -1]
        return area, np.where(false_positives[:, -1] > 0, precision, np.nan)


def recall_figures(
    counts: ImageCounts, weights: np.ndarray, rows: Sequence[int] | None = None
) -> dict[str, np.ndarray]:
    """Compute the share of defects hit at the best threshold with at most `ALLOWED` false regions per image.

    With `rows`, the defects are those of these images alone; the false regions are those of all.
    """
    chosen = slice(None) if rows is None else list(rows)
    false_regions = weights @ counts.false_regions / weights.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        recall = weights[:, chosen] @ counts.hits[chosen] / (weights[:, chosen] @ counts.defects[chosen])[:, None]
    # a threshold with too many false regions counts as 0, a draw without defects stays NaN
    otherwise = np.where(np.isnan(recall), np.nan, 0)
    return {recall_key(n): np.where(false_regions <= n, recall, otherwise).max(axis=1) for n in ALLOWED}


def threshold_figures(counts: ImageCounts, weights: np.ndarray, good: np.ndarray) -> dict[str, np.ndarray]:
    """Compute all figures at the threshold, for each draw. `good` is bool, one for each image.

    NaN where a figure divides by nothing: precision without a region, recall without a defect.
    """
    true_positives = weights @ counts.true_positives
    predicted, defective = weights @ counts.predicted, weights @ counts.defect_pixels
    on_good = weights[:, good] @ counts.false_at_threshold[good]
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "hit_share": (weights @ counts.defects_hit) / (weights @ counts.defects),
            "false_per_image": (weights @ counts.false_at_threshold) / weights.sum(axis=1),
            "false_per_good_image": on_good / weights[:, good].sum(axis=1),
            "precision": true_positives / predicted,
            "recall": true_positives / defective,
            "f1": 2 * true_positives / (predicted + defective),
        }


def single_draw(figures: dict[str, np.ndarray]) -> dict[str, float | None]:
    """Return the figures of a single draw as numbers; None for those that are undefined."""
    return {name: float(value[0]) if np.isfinite(value[0]) else None for name, value in figures.items()}


def _cumulated_shares(counts: np.ndarray) -> np.ndarray:
    sums = np.cumsum(counts, axis=1)
    return np.pad(sums / np.maximum(sums[:, -1:], 1e-300), ((0, 0), (1, 0)))
