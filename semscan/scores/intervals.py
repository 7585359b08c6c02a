"""Confidence intervals of figures: by resampling of images, and exact ones of counts.

The exact intervals take the quantiles of the beta distribution from `scipy.special`. The functions of `scipy.stats`
that wrap them give the same numbers, but their import costs every evaluation about a second.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaincinv, ndtri

LEVEL = 0.95
TAIL = (1 - LEVEL) / 2
Intervals = dict[str, list[float] | None]


def resamples(groups: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Draw `count` whole test sets, image by image with replacement: how often each image is in each.

    Images are drawn within each group (good, defective), so that no draw lacks one.

    Parameters
    ----------
    groups : ndarray, shape (images,)
    count, seed : int

    Returns
    -------
    ndarray of float64, shape (count, images)
    """
    rng = np.random.default_rng(seed)
    weights = np.zeros((count, len(groups)))
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        weights[:, members] = rng.multinomial(len(members), np.full(len(members), 1 / len(members)), count)
    return weights


def spread(values: np.ndarray) -> list[float] | None:
    """Return the middle 95 % of resampled figures; None if there are none."""
    values = values[np.isfinite(values)]
    if not values.size:
        return None
    return [float(value) for value in np.quantile(values, [TAIL, 1 - TAIL])]


def spreads(resampled: dict[str, np.ndarray]) -> Intervals:
    """Return the spread of each figure."""
    return {name: spread(values) for name, values in resampled.items()}


def share_interval(hit: int, total: int, resampled: np.ndarray) -> list[float] | None:
    """Return the 95 % interval of a share: of the resampled images, but no narrower than the binomial one.

    Where all or nothing was hit, resampling shows no spread at all; the exact binomial interval (C. Clopper and
    E. Pearson, Biometrika 26, 1934, doi:10.1093/biomet/26.4.404) does.

    Examples
    --------
    >>> [round(end, 3) for end in share_interval(15, 15, np.ones(100))]
    [0.782, 1.0]
    """
    if not total:
        return None
    low = float(betaincinv(hit, total - hit + 1, TAIL)) if hit else 0.0
    high = float(betaincinv(hit + 1, total - hit, 1 - TAIL)) if hit < total else 1.0
    middle = spread(resampled) or [low, high]
    return [min(low, middle[0]), max(high, middle[1])]


def perfect_auroc_interval(good: int, defective: int) -> list[float]:
    """Return the 95 % interval of an image AUROC of 1, in which resampling shows no spread.

    It ends where 1 is as unlikely as the level allows: 1 - a = z sqrt(V(a)), with the variance V of the Mann-Whitney
    statistic at a true AUROC a.

    References
    ----------
    R. Newcombe, "Confidence intervals for an effect size measure based on the Mann-Whitney statistic. Part 2",
    Statistics in Medicine 25, 2006, doi:10.1002/sim.2324 (method 5).

    Examples
    --------
    >>> [round(end, 3) for end in perfect_auroc_interval(8, 18)]
    [0.82, 1.0]
    """
    z = float(ndtri(1 - TAIL))
    pairs, half = good * defective, (good + defective) / 2 - 1

    def beyond(a: float) -> float:
        variance = a * (1 - a) * (1 + half * ((1 - a) / (2 - a) + a / (1 + a))) / pairs
        return (1 - a) ** 2 - z * z * variance

    low, high = 0.0, 1.0 - 1e-9  # the difference falls from 1 to below 0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if beyond(middle) > 0 else (low, middle)
    return [low, 1.0]
