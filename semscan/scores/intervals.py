"""How far a figure can be trusted."""

from __future__ import annotations

import numpy as np
from scipy.special import betaincinv, gammaincinv

LEVEL = 0.95


def resamples(groups: np.ndarray, count: int, seed: int) -> np.ndarray:
    """How often each image is drawn, image by image with replacement, in `count` draws of a whole test set.

    Drawn within each group (good, defective), so that no draw lacks one.

    Parameters
    ----------
    groups : ndarray, shape (images,)
    count, seed : int

    Returns
    -------
    ndarray of float64, shape (count, images)
    """
    rng = np.random.default_rng(seed)
    drawn = np.zeros((count, len(groups)))
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        drawn[:, members] = rng.multinomial(len(members), np.full(len(members), 1 / len(members)), count)
    return drawn


def spread(values: np.ndarray) -> list[float] | None:
    """The middle 95 % of resampled figures; None if there are none."""
    values = values[np.isfinite(values)]
    if not values.size:
        return None
    tail = (1 - LEVEL) / 2
    return [float(value) for value in np.quantile(values, [tail, 1 - tail])]


def poisson_interval(count: int, exposure: float) -> list[float] | None:
    """The exact 95 % interval of a rate of which `count` events were seen in `exposure` images.

    References
    ----------
    F. Garwood, "Fiducial Limits for the Poisson Distribution", Biometrika 28, 1936, doi:10.1093/biomet/28.3-4.437.

    Examples
    --------
    >>> [round(end, 3) for end in poisson_interval(0, 10)]
    [0.0, 0.369]
    """
    if exposure <= 0:
        return None
    tail = (1 - LEVEL) / 2
    low = float(gammaincinv(count, tail)) if count else 0.0
    return [low / exposure, float(gammaincinv(count + 1, 1 - tail)) / exposure]


def share_interval(hit: int, total: int, drawn: np.ndarray) -> list[float] | None:
    """The 95 % interval of a share: of the images drawn anew, but no narrower than the binomial one.

    Where all or nothing was hit, drawing anew shows no spread at all; the exact binomial interval (C. Clopper and
    E. Pearson, Biometrika 26, 1934, doi:10.1093/biomet/26.4.404) does.

    Examples
    --------
    >>> [round(end, 3) for end in share_interval(15, 15, np.ones(100))]
    [0.782, 1.0]
    """
    if not total:
        return None
    tail = (1 - LEVEL) / 2
    low = float(betaincinv(hit, total - hit + 1, tail)) if hit else 0.0
    high = float(betaincinv(hit + 1, total - hit, 1 - tail)) if hit < total else 1.0
    seen = spread(drawn) or [low, high]
    return [min(low, seen[0]), max(high, seen[1])]
