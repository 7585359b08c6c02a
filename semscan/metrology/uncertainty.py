"""Means with their standard errors and 95 % intervals.

Widths along a line are correlated, lines are not. So the standard error of a mean is that of the means of whole lines
(or holes), with Student's quantile for their number, and the error that all of them share is added in quadrature.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import chdtri
from scipy.stats import t as student

from semscan.values.measured.dimensions import Interval, Length, Number

FEWEST = 3  # parts whose spread shows the error of their mean
COVERED = 0.95


def mean_of_parts(
    means: np.ndarray, shared: float = 0.0, alone: float | None = None
) -> tuple[float, float | None, Interval | None]:
    """Return the mean over lines or holes, its standard error and 95 % interval.

    Parameters
    ----------
    means : ndarray of float64, shape (parts,)
        One value of each line or hole, 1 or more.
    shared : float
        Standard error that all of them share.
    alone : float or None
        Standard error of one of them, for fewer than `FEWEST`; None if it is not known: then there is no error.

    Examples
    --------
    >>> mean, error, interval = mean_of_parts(np.array([9.0, 10.0, 11.0]))
    >>> round(mean, 2), round(error, 2), round(interval[1], 2)
    (10.0, 0.58, 12.48)
    """
    count = len(means)
    mean = float(means.mean())
    if count >= FEWEST:
        own = float(means.var(ddof=1)) / count
        freedom = (own + shared**2) ** 2 / max(own**2 / (count - 1), 1e-300)  # after Welch and Satterthwaite
    elif alone is not None:
        own = alone**2 / count
        freedom = math.inf
    else:
        return mean, None, None
    error = math.sqrt(own + shared**2)
    half = error * quantile(freedom)
    return mean, error, (mean - half, mean + half)


def quantile(freedom: float) -> float:
    """Return Student's two-sided 95 % quantile."""
    return float(student.ppf((1 + COVERED) / 2, min(freedom, 1e6)))


def mean_length(
    means: np.ndarray, nm_per_pixel: float | None, shared: float = 0.0, alone: float | None = None
) -> Length:
    """Return `mean_of_parts` as a length; values in px."""
    return Length.of(*mean_of_parts(means, shared, alone), nm_per_pixel)


def mean_number(means: np.ndarray) -> Number:
    """Return `mean_of_parts` as a number."""
    mean, error, interval = mean_of_parts(means)
    return Number(value=mean, se=error, interval_95=interval)


def fitted_length(value: float, error: float | None, freedom: float, nm_per_pixel: float | None) -> Length:
    """Return a length from a fit, px, with its standard error and the degrees of freedom of that; None: not known."""
    if error is None:
        return Length.of(value, None, None, nm_per_pixel)
    half = error * quantile(freedom)
    return Length.of(value, error, (value - half, value + half), nm_per_pixel)


def spread_length(residuals: np.ndarray, fitted: int, nm_per_pixel: float | None, times: float = 3.0) -> Length:
    """Return `times` the standard deviation of normal values, px, from the residuals of a fit.

    Parameters
    ----------
    residuals : ndarray of float64, shape (n,)
        px.
    fitted : int
        Parameters of the fit, fewer than n.
    nm_per_pixel : float or None
    times : float

    Examples
    --------
    >>> found = spread_length(np.array([1.0, -1.0, 1.0, -1.0]), 3, None, times=1.0)
    >>> found.px, [round(end, 2) for end in found.interval_95_px]
    (2.0, [0.89, 63.82])
    """
    freedom = len(residuals) - fitted
    value = times * math.sqrt(float((residuals**2).sum()) / freedom)
    # the sum of squares by the variance has a chi-square distribution
    rare, common = (float(chdtri(freedom, share)) for share in ((1 - COVERED) / 2, (1 + COVERED) / 2))
    interval = value * math.sqrt(freedom / rare), value * math.sqrt(freedom / common)
    return Length.of(value, value / math.sqrt(2 * freedom), interval, nm_per_pixel)
