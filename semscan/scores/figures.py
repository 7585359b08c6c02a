"""Figures of any mix of the images of a test set: each once, or as drawn anew for intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from semscan.scores.counts import Tally

PRO_LIMIT = 0.3
ALLOWED = (0.1, 1.0, 10.0)  # false regions per image


def recall_key(allowed: float) -> str:
    """The name of a recall, as ``recall_at_0.1fp``."""
    return f"recall_at_{allowed:g}fp"


def ranking_figures(tally: Tally, drawn: np.ndarray) -> dict[str, np.ndarray]:
    """Pixel AUROC, AP and AUPRO from the counts between levels: near enough for intervals.

    Parameters
    ----------
    drawn : ndarray, shape (draws, images)
        How often each image counts.
    """
    positive, negative, share = drawn @ tally.positive, drawn @ tally.negative, drawn @ tally.share
    auroc, precision = binned_areas(positive, negative)
    across, up = _shares_of(negative), _shares_of(share)
    grid = np.linspace(0, PRO_LIMIT, 301)
    heights = np.array([np.interp(grid, x, y) for x, y in zip(across, up, strict=True)])
    overlap = ((heights[:, 1:] + heights[:, :-1]) / 2).mean(axis=1)
    return {"pixel_auroc": auroc, "pixel_ap": precision, "aupro30": overlap}


def image_figures(peaks: np.ndarray, defective: np.ndarray, drawn: np.ndarray) -> dict[str, np.ndarray]:
    """Image AUROC and AP of the map's largest value, for each draw; NaN without good or without defective images."""
    levels, place = np.unique(-peaks, return_inverse=True)
    at = np.eye(len(levels))[place]
    auroc, precision = binned_areas(drawn @ (at * defective[:, None]), drawn @ (at * ~defective[:, None]))
    return {"image_auroc": auroc, "image_ap": precision}


def binned_areas(positive: np.ndarray, negative: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Area under the ROC curve and average precision of counts in bins, hottest first, shape (draws, bins)."""
    hit, false = np.cumsum(positive, axis=1), np.cumsum(negative, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        area = (negative * (hit - positive / 2)).sum(axis=1) / (hit[:, -1] * false[:, -1])
        precision = np.nansum(positive * hit / (hit + false), axis=1) / hit[:, -1]
        return area, np.where(false[:, -1] > 0, precision, np.nan)


def recall_figures(tally: Tally, drawn: np.ndarray, rows: Sequence[int] | None = None) -> dict[str, np.ndarray]:
    """Share of defects hit at the best cut with at most so many false regions per image.

    With `rows`, the defects are those of these images alone; the false regions are those of all.
    """
    chosen = slice(None) if rows is None else list(rows)
    false = drawn @ tally.false / drawn.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        recall = drawn[:, chosen] @ tally.hits[chosen] / (drawn[:, chosen] @ tally.defects[chosen])[:, None]
    return {
        recall_key(n): np.where(false <= n, recall, np.where(np.isnan(recall), np.nan, 0)).max(axis=1) for n in ALLOWED
    }


def threshold_figures(tally: Tally, drawn: np.ndarray, good: np.ndarray) -> dict[str, np.ndarray]:
    """Everything at the threshold, for each draw. `good` is bool, one for each image."""
    right, hot, true = drawn @ tally.right, drawn @ tally.hot, drawn @ tally.true
    precision, recall = right / np.maximum(hot, 1), right / np.maximum(true, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "hit_share": (drawn @ tally.hit) / (drawn @ tally.defects),
            "false_per_image": (drawn @ tally.false_at) / drawn.sum(axis=1),
            "false_per_good_image": (drawn[:, good] @ tally.false_at[good]) / drawn[:, good].sum(axis=1),
            "precision": precision,
            "recall": recall,
            "f1": 2 * precision * recall / np.maximum(precision + recall, 1e-9),
        }


def only(figures: dict[str, np.ndarray]) -> dict[str, Any]:
    """The figures of a single draw as numbers; None for what cannot be said."""
    return {name: float(value[0]) if np.isfinite(value[0]) else None for name, value in figures.items()}


def _shares_of(counts: np.ndarray) -> np.ndarray:
    sums = np.cumsum(counts, axis=1)
    return np.pad(sums / np.maximum(sums[:, -1:], 1e-300), ((0, 0), (1, 0)))
