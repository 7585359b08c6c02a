"""The classes of regions: what a classifier of regions takes and gives back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from semscan.settings import MIN_CLASS_PROBABILITY, UNKNOWN

ClassNames = Sequence[tuple[str, float]]  # name and probability of each region
# (numbers of the regions' pixels, int32 (rows, cols); the number of each region) -> name and probability of each
RegionClassifier = Callable[[np.ndarray, Sequence[int]], ClassNames]


def best_class(logits: np.ndarray, names: Sequence[str], *, strange: np.ndarray) -> ClassNames:
    """Return the best name of each row of logits (n, names) with its probability.

    The name is "unknown" if the probability is low, or if the best one is `strange`, bool (n, names).

    Examples
    --------
    >>> rows = np.array([[4.0, 0.0], [0.1, 0.0], [9.0, 0.0]])
    >>> best_class(rows, ["gap", "speck"], strange=np.eye(3, 2, -2) > 0)
    [('gap', 0.9820137900379085), ('unknown', 0.52497918747894), ('unknown', 0.9998766054240137)]
    """
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    shares = powers / powers.sum(axis=1, keepdims=True)
    best = shares.argmax(axis=1)
    return [
        (UNKNOWN if share[k] < MIN_CLASS_PROBABILITY or unlike[k] else names[k], float(share[k]))
        for share, unlike, k in zip(shares, strange, best, strict=True)
    ]
