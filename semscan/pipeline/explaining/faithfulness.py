"""The deletion test: does the score fall when background replaces the attended area, square by square?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from semscan.errors import UsageFault
from semscan.image.filling.exemplar_background import exemplar_background
from semscan.maps.normalise import normalise_map
from semscan.pipeline.methods.base import MethodResult
from semscan.pipeline.methods.model import ModelMethod
from semscan.pipeline.methods.periodic import PeriodicMethod
from semscan.scores.faithfulness import block_ranks, block_shares, compare_curves
from semscan.settings import FaithfulSettings
from semscan.values import CleanImage


def measure_faithfulness(
    image: CleanImage,
    attention: np.ndarray,
    reconstruction: np.ndarray | None,
    method: ModelMethod,
    settings: FaithfulSettings,
) -> dict[str, Any]:
    """Measure whether the attended area carries the score.

    Parameters
    ----------
    image : CleanImage
    attention : ndarray of float32, shape (rows, cols)
        The attention at each pixel, the image's own size.
    reconstruction : ndarray of float32, same shape, or None
        On the grey scale of the image.
    method : ModelMethod
        Scores the altered images, as inspect does.
    settings : FaithfulSettings

    Returns
    -------
    dict
        As from `semscan.scores.faithfulness.compare_curves`, and ``score`` (its name), ``background``.
    """
    result = method(image)
    score_name, score = _score(result, method)
    rng = np.random.default_rng(settings.seed)
    rank = block_ranks(attention, image.judged, settings.block, rng)
    # background is not taken from where the attention is high, nor from defects
    avoid = (rank < settings.avoid) | (normalise_map(result.raw, method.raw_threshold) > 0.5)
    background = _background(image, avoid, reconstruction, settings)

    ranked = rank <= 1
    shares = block_shares(settings.shares, len(np.unique(rank[ranked])))

    def curve(ranks: np.ndarray) -> list[float]:
        return [score(method(_replaced(image, background, ranks, share, settings.rim))) for share in shares]

    flat = np.zeros_like(attention)
    randoms = [curve(block_ranks(flat, image.judged, settings.block, rng)) for _ in range(settings.draws)]
    backwards = np.where(ranked, rank[ranked].max(initial=0) - rank, rank)
    found = compare_curves(shares, curve(rank), curve(backwards), randoms, margin=settings.margin, fall=settings.fall)
    return {"score": score_name, "background": settings.background, **found}


def _score(result: MethodResult, method: ModelMethod) -> tuple[str, Callable[[MethodResult], float]]:
    """Return what is measured: the probability of the predicted class of the whole image; else its score."""
    predicted: Mapping[str, float] | None = result.class_probabilities
    if predicted:
        name = max(predicted, key=lambda one: predicted[one])
        return f"probability of '{name}'", lambda other: float((other.class_probabilities or {})[name])
    return "image score", lambda other: float(normalise_map(other.raw, method.raw_threshold).max(initial=0))


def _replaced(image: CleanImage, background: np.ndarray, rank: np.ndarray, share: float, rim: float) -> CleanImage:
    """Take `share` of the image's squares, by rank, from `background`, with soft edges."""
    if share <= 0:
        return image
    if share >= 1:
        return replace(image, values=np.where(image.judged, background, image.values))
    mask = cv2.GaussianBlur((rank < share).astype(np.float32), (0, 0), rim)
    mixed = image.values + mask * (background - image.values)
    return replace(image, values=np.where(image.judged, mixed, image.values))


def _background(
    image: CleanImage, avoid: np.ndarray, reconstruction: np.ndarray | None, settings: FaithfulSettings
) -> np.ndarray:
    """Return the image as it would be without the areas to `avoid`."""
    if settings.background == "patches":
        return exemplar_background(image.values, image.judged, avoid, block=settings.block, reach=settings.reach)
    if settings.background == "blur":
        return cv2.GaussianBlur(image.values, (0, 0), settings.blur, borderType=cv2.BORDER_REFLECT)
    if settings.background == "repeats":
        cells = PeriodicMethod()(image)
        judged = image.judged if cells.judged is None else cells.judged
        return np.where(judged, image.values if cells.reference is None else cells.reference, image.values)
    if reconstruction is None:
        raise UsageFault("--background reconstruction: this network reconstructs nothing; take patches or blur")
    return reconstruction
