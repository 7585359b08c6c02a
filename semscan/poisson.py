"""Rare events: the interval of a rate, and the chance of so many of them.

The quantiles of the gamma distribution come from `scipy.special`. The functions of `scipy.stats` that wrap them give
the same numbers, but their import costs about a second.
"""

from __future__ import annotations

from scipy.special import gammainc, gammaincinv

TAIL = (1 - 0.95) / 2


def poisson_interval(count: int, exposure: float) -> list[float] | None:
    """Return the exact 95 % interval of a rate, from `count` events in `exposure` (images, or an area).

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
    low = float(gammaincinv(count, TAIL)) if count else 0.0
    return [low / exposure, float(gammaincinv(count + 1, 1 - TAIL)) / exposure]


def chance_of_at_least(count: int, mean: float) -> float:
    """Return the probability of `count` or more events where `mean` are expected.

    Examples
    --------
    >>> round(chance_of_at_least(2, 0.1), 5), chance_of_at_least(0, 3.0)
    (0.00468, 1.0)
    """
    return 1.0 if count <= 0 else float(gammainc(count, mean))
