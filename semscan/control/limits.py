"""Control limits: centre line and 3 sigma, by the kind of figure.

References
----------
D. C. Montgomery, "Introduction to Statistical Quality Control", Wiley, chapters 6 and 7: individuals and moving range,
u and p charts. NIST/SEMATECH e-Handbook of Statistical Methods, sections 6.3.2.2, 6.3.3.1 and 6.3.3.2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from semscan.values.control.trend import Limits

SIGMAS = 3
RANGE_OF_TWO = 1.128  # d2 of the tables: mean range of two values, in standard deviations
NO_SPREAD = 1e-9  # of the centre: rounding, not spread


def individuals_limits(baseline: Sequence[float], *, are_lengths: bool = False) -> Limits | None:
    """Return the limits of single values: their mean, and 3 sigma from the mean range of neighbours.

    None for fewer than two values, or for values that do not differ. Lengths have no lower limit at 0 or below.

    Examples
    --------
    >>> limits = individuals_limits([49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1])  # NIST, 6.3.2.2
    >>> round(limits.lower, 4), round(limits.centre, 2), round(limits.upper, 4)
    (45.8159, 50.81, 55.8041)
    """
    if len(baseline) < 2:
        return None
    centre = sum(baseline) / len(baseline)
    ranges = [abs(after - before) for before, after in pairwise(baseline)]
    sigma = sum(ranges) / len(ranges) / RANGE_OF_TWO
    if sigma <= NO_SPREAD * abs(centre):
        return None
    lower, upper = _around(centre, sigma)
    return Limits(centre=centre, lower=None if are_lengths and lower <= 0 else lower, upper=upper)


def rate_limits(rate: float, size: float) -> Limits:
    """Return the limits of a number of events by the size that they were counted on (u chart, Poisson).

    Parameters
    ----------
    rate : float
        Events by size in the whole baseline, above 0.
    size : float
        Of this sample.

    Examples
    --------
    >>> limits = rate_limits(16.0, 1.0)  # NIST, 6.3.3.1
    >>> limits.lower, limits.upper
    (4.0, 28.0)
    """
    lower, upper = _around(rate, math.sqrt(rate / size))
    return Limits(centre=rate, lower=lower if lower > 0 else None, upper=upper)


def share_limits(share: float, total: float) -> Limits:
    """Return the limits of a share of `total` (p chart, binomial); `share` is that of the whole baseline.

    Examples
    --------
    >>> limits = share_limits(0.2313, 50)  # NIST, 6.3.3.2
    >>> round(limits.lower, 3), round(limits.upper, 3)
    (0.052, 0.41)
    """
    lower, upper = _around(share, math.sqrt(share * (1 - share) / total))
    return Limits(centre=share, lower=lower if lower > 0 else None, upper=upper if upper < 1 else None)


def _around(centre: float, sigma: float) -> tuple[float, float]:
    return centre - SIGMAS * sigma, centre + SIGMAS * sigma
