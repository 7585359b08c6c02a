"""The classes of regions: what a classifier of regions takes and gives back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from semscan.settings import MIN_CLASS_PROBABILITY, UNKNOWN

ClassNames = Sequence[tuple[str, float]]  # name and probability of each region
# (numbers of the regions' pixels, int32 (rows, cols); the number of each region) -> name and probability of each
RegionClassifier = Callable[[np.ndarray, Sequence[int]], ClassNames]


def best_class(
    logits: np.ndarray, names: Sequence[str], *, strange: np.ndarray, related: Sequence[Sequence[str]] = ()
) -> ClassNames:
    """Return the best name of each row of logits (n, names) with its probability.

    The name is "unknown" if the probability is low, or if the best one is `strange`, bool (n, names). The
    probabilities of `related` names add up: what is surely one of them has the likelier name.

    Examples
    --------
    >>> rows = np.array([[4.0, 0.0], [0.1, 0.0], [9.0, 0.0]])
    >>> best_class(rows, ["gap", "speck"], strange=np.eye(3, 2, -2) > 0)
    [('gap', 0.9820137900379085), ('unknown', 0.52497918747894), ('unknown', 0.9998766054240137)]
    >>> even = np.zeros((1, 3))
    >>> best_class(even, ["speck", "gap", "notch"], strange=even > 0, related=[["gap", "notch"]])
    [('gap', 0.6666666666666666)]
    """
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    shares = powers / powers.sum(axis=1, keepdims=True)
    summed = shares.copy()
    for group in related:
        columns = [names.index(name) for name in group]
        summed[:, columns] = shares[:, columns].sum(axis=1, keepdims=True)
    best = [max(range(len(names)), key=lambda k: (sums[k], row[k])) for sums, row in zip(summed, shares, strict=True)]
    return [
        (UNKNOWN if sums[k] < MIN_CLASS_PROBABILITY or unlike[k] else names[k], float(sums[k]))
        for sums, unlike, k in zip(summed, strange, best, strict=True)
    ]
