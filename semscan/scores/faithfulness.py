"""Test whether the attended area matters: deletion and insertion curves, the areas under them, and the verdict.

Petsiuk, Das, Saenko, "RISE: Randomized Input Sampling for Explanation of Black-box Models", BMVC 2018,
arXiv:1806.07421: pixels are taken out of the image, or put into an empty one, most attended first. Here they come
in squares, "empty" is the image's own background, and the curves are compared with those in random and in reversed
order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

# which squares come first
MOST = "most"
LEAST = "least"
RANDOM = "random"


def block_ranks(attention: np.ndarray, judged: np.ndarray, block: int, rng: np.random.Generator) -> np.ndarray:
    """Rank the squares of a map by their mean attention.

    Parameters
    ----------
    attention : ndarray of float, shape (rows, cols)
    judged : ndarray of bool, same shape
        Squares without a judged pixel are not ranked.
    block : int
        Side of a square, pixels; those at the right and bottom may be smaller.
    rng : Generator
        Draws the order of squares with the same attention.

    Returns
    -------
    ndarray of float, shape (rows, cols)
        0 (most attended) to below 1 (least), the same for all pixels of a square; 2 where a square is not ranked.

    Examples
    --------
    >>> attention = np.array([[0.0, 0.0, 9.0, 9.0]])
    >>> block_ranks(attention, attention >= 0, 2, np.random.default_rng(0)).tolist()
    [[0.5, 0.5, 0.0, 0.0]]
    """
    label = _block_labels(attention.shape, block)
    count = int(label[-1, -1]) + 1
    inside = np.bincount(label.ravel(), weights=judged.ravel(), minlength=count)
    total = np.bincount(label.ravel(), weights=np.where(judged, attention, 0).ravel(), minlength=count)
    ranked = np.flatnonzero(inside)
    mean = total[ranked] / inside[ranked]
    # ties at random: in reading order, a flat map would be tested from top to bottom
    order = np.lexsort((rng.random(len(ranked)), -mean))
    rank = np.full(count, 2.0)
    rank[ranked[order]] = np.arange(len(ranked)) / len(ranked)
    return rank[label]


def _block_labels(shape: tuple[int, ...], block: int) -> np.ndarray:
    """Return the number of the square that each pixel lies in, counted row by row, int (rows, cols)."""
    blocks_across = -(-shape[1] // block)
    return (np.arange(shape[0]) // block)[:, None] * blocks_across + np.arange(shape[1]) // block


def block_shares(shares: Sequence[float], squares: int) -> tuple[float, ...]:
    """Round shares of an image to whole squares, and add their complements.

    Examples
    --------
    >>> block_shares((0.0, 0.01, 0.25, 0.75, 0.99, 1.0), 8)
    (0.0, 0.125, 0.25, 0.75, 0.875, 1.0)
    """
    counts = {min(max(round(share * squares), 1), squares - 1) for share in shares if 0 < share < 1}
    return tuple(count / squares for count in sorted({0, squares, *counts, *(squares - count for count in counts)}))


def area_under(shares: Sequence[float], scores: Sequence[float]) -> float:
    """Return the area under a curve over shares 0 to 1, by trapezoids."""
    x = np.asarray(shares)
    y = np.asarray(scores)
    return float(((y[1:] + y[:-1]) / 2 * np.diff(x)).sum())


def compare_curves(
    shares: Sequence[float],
    most: Sequence[float],
    least: Sequence[float],
    randoms: Sequence[Sequence[float]],
    *,
    margin: float,
    fall: float,
) -> dict[str, Any]:
    """Compare deletion and insertion curves with those in random order: does the attended area matter?

    Parameters
    ----------
    shares : sequence of float
        Of the image replaced, 0 to 1, symmetric about 0.5.
    most, least : sequence of float
        Score with so much replaced, most or least attended squares first.
    randoms : sequence of sequence of float
        The same in random orders.
    margin, fall : float
        See `FaithfulSettings`.

    Returns
    -------
    dict
        ``whole`` and ``replaced`` (scores of the image and of its background), ``deletion_auc`` and
        ``insertion_auc`` by order, ``random_auc_span``, ``half_at`` (share replaced at which half of the fall is
        reached), ``matters`` (True, False, or None if the test is inconclusive), ``said`` (a sentence), and
        ``curves``.

    Notes
    -----
    What is left when the least attended squares are replaced first are the most attended ones: each deletion
    curve, read from its end, is the insertion curve of the opposite order.
    """
    deleted = {MOST: list(most), LEAST: list(least), RANDOM: np.mean(randoms, axis=0).tolist()}
    inserted = {MOST: deleted[LEAST][::-1], LEAST: deleted[MOST][::-1], RANDOM: deleted[RANDOM][::-1]}
    deletion = {name: area_under(shares, curve) for name, curve in deleted.items()}
    insertion = {name: area_under(shares, curve) for name, curve in inserted.items()}
    chance = [area_under(shares, curve) for curve in randoms]
    whole = most[0]
    replaced = most[-1]
    gap = margin * (whole - replaced)
    # better than every random order, and than their mean by a margin: a few random orders alone may all be poor
    falls_faster = deletion[MOST] < min(min(chance), deletion[RANDOM] - gap)
    rises_faster = insertion[MOST] > max(max(chance), insertion[RANDOM] + gap)
    matters = None if whole - replaced < fall else bool(falls_faster and rises_faster)
    half = {name: _half_at(shares, curve) for name, curve in deleted.items()}
    return {
        "whole": _short(whole),
        "replaced": _short(replaced),
        "deletion_auc": {name: _short(area) for name, area in deletion.items()},
        "insertion_auc": {name: _short(area) for name, area in insertion.items()},
        "random_auc_span": [_short(min(chance)), _short(max(chance))],
        "half_at": half,
        "matters": matters,
        "said": _sentence(whole, replaced, matters, bool(falls_faster), bool(rises_faster), half[MOST]),
        "curves": {"shares": list(shares), "deletion": _curves(deleted), "insertion": _curves(inserted)},
    }


def _sentence(
    whole: float, replaced: float, matters: bool | None, falls_faster: bool, rises_faster: bool, half: float | None
) -> str:
    """Describe the result of the test in one sentence."""
    if matters is None:
        why = "there is no score to lose" if whole < 0.5 else "the background alone scores as high"
        return (
            f"No answer: the score is {whole:.2f} with the image and {replaced:.2f} with all of it replaced by its "
            f"background; {why}."
        )
    if matters:
        digits = 0 if half and half >= 0.1 else 1
        at = f"; replacing the most attended {half:.{digits}%} of the image halves its fall" if half else ""
        return f"The attention matters: what it points at carries the score ({whole:.2f} to {replaced:.2f}){at}."
    if falls_faster:
        return (
            "The attention matters in part: without the attended area the score falls faster than by chance, but "
            "that area alone does not bring it back; it is no proof of where the defect is."
        )
    if rises_faster:
        return (
            "The attention matters in part: the attended area alone brings the score back, but without it the "
            "score falls no faster than by chance; it is no proof of where the defect is."
        )
    return (
        "The attention does not matter here: replacing what it points at changes the score no more than replacing "
        "as much elsewhere; do not take it as evidence."
    )


def _half_at(shares: Sequence[float], curve: Sequence[float]) -> float | None:
    """Return the first share, interpolated, at which half of the whole fall is reached; None if nothing falls."""
    level = (curve[0] + curve[-1]) / 2
    if curve[0] <= curve[-1]:
        return None
    after = next(n for n, score in enumerate(curve) if score <= level)
    high = curve[after - 1]
    low = curve[after]
    part = (high - level) / (high - low)
    return _short(shares[after - 1] + part * (shares[after] - shares[after - 1]))


def _curves(curves: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    return {name: [_short(score) for score in curve] for name, curve in curves.items()}


def _short(value: float) -> float:
    return round(float(value), 5)
