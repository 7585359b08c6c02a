"""The model profile of an edge: how grey levels change across it.

An edge is a step from a lower to a higher level. The higher side is brighter near the edge, the lower side darker, and
both fade exponentially; the beam blurs all of it. Where the beam is not much finer than the edge, a threshold on the
profile as recorded lies outside of the edge, since the blurred peak is lower. The step of the model does not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares
from scipy.special import log_ndtr, ndtr

from semscan.errors import BadImageError

BIN = 0.2  # px, of the mean profile to which the model is fitted
FEWEST_BINS = 10
SMALLEST_BLUR = 0.3  # px: a pixel itself is a box with a standard deviation of 0.29 px
SMALLEST_REACH = 0.5  # px
FINE = 0.01  # px, steps in which a threshold is searched


@dataclass(frozen=True, slots=True)
class EdgeModel:
    """A profile across an edge; x rises from the lower to the higher side, px.

    `step` is the position of the step and `step_error` its standard error, px. `low` and `high` are the levels far from
    it, `peak` the excess of the higher side at the step, which fades over `peak_reach` px, `shadow` and `shadow_reach`
    the same of the loss on the lower side. `blur` is the standard deviation of the beam, px.
    """

    step: float
    step_error: float
    blur: float
    low: float
    high: float
    peak: float
    peak_reach: float
    shadow: float
    shadow_reach: float

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return the grey levels at positions x, px."""
        return _profile(np.asarray(x, np.float64) - self.step, *self._shape())

    def _shape(self) -> tuple[float, ...]:
        return self.blur, self.low, self.high, self.peak, self.peak_reach, self.shadow, self.shadow_reach

    def edge(self, level: float | None, reach: tuple[float, float]) -> float:
        """Return where the edge lies: at the step, or where the profile crosses a level between its extremes.

        Parameters
        ----------
        level : float or None
            Share of the way from the lowest to the highest value, 0 to 1; None for the step.
        reach : (float, float)
            How far the profile extends on either side, px.

        Returns
        -------
        float
            px.
        """
        if level is None:
            return self.step
        x = np.arange(self.step - reach[0], self.step + reach[1], FINE)
        values = self(x)
        top = int(values.argmax())
        bottom = int(values[: top + 1].argmin())
        wanted = values[bottom] + level * (values[top] - values[bottom])
        return float(np.interp(wanted, values[bottom : top + 1], x[bottom : top + 1]))


def _profile(
    x: np.ndarray,
    blur: float,
    low: float,
    high: float,
    peak: float,
    peak_reach: float,
    shadow: float,
    shadow_reach: float,
) -> np.ndarray:
    step = low + (high - low) * ndtr(x / blur)
    return step + peak * _fading(x, blur, peak_reach) - shadow * _fading(-x, blur, shadow_reach)


def _fading(x: np.ndarray, blur: float, reach: float) -> np.ndarray:
    """Return exp(-x / reach) for x above 0, else 0, convolved with a Gaussian."""
    share = blur / reach
    return np.exp(share**2 / 2 - x / reach + log_ndtr(x / blur - share))


def fit_samples(x: np.ndarray, values: np.ndarray) -> EdgeModel:
    """Fit the model to all samples of many profiles at once; see `fit_edge`.

    Parameters
    ----------
    x, values : ndarray of float64, shape (samples,)
        Positions, px, and grey levels.

    Raises
    ------
    BadImageError
        Without samples, or as `fit_edge`.
    """
    if not x.size:
        raise BadImageError("no edge lies in the part of the image that counts; leave out less of it")
    position, mean, count = mean_profile(x, values)
    # of single samples from the mean profile: noise and roughness
    deviation = math.sqrt(float(np.mean((values - np.interp(x, position, mean)) ** 2)))
    return fit_edge(position, mean, count, deviation)


def mean_profile(x: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Average grey levels by position, in bins of `BIN` px.

    Returns
    -------
    x, mean, count : ndarray of float64
        Mean position, mean level and number of samples of each bin that holds any.
    """
    number = np.floor(x / BIN).astype(np.int64)
    number -= number.min()
    count = np.bincount(number).astype(np.float64)
    filled = count > 0
    sums = (np.bincount(number, weights) for weights in (x, values))
    position, level = (total[filled] / count[filled] for total in sums)
    return position, level, count[filled]


def fit_edge(x: np.ndarray, mean: np.ndarray, count: np.ndarray, deviation: float) -> EdgeModel:
    """Fit the model to a mean profile.

    Parameters
    ----------
    x, mean, count : ndarray of float64
        As from `mean_profile`; the step is expected near 0.
    deviation : float
        Standard deviation of one sample.

    Returns
    -------
    EdgeModel

    Raises
    ------
    BadImageError
        If the profile is too short or flat.

    References
    ----------
    C. A. Mack, B. D. Bunday, "Analytical linescan model for SEM metrology", Proc. SPIE 9424, 2015: a step between two
    materials with exponential terms on both sides.
    """
    span = float(np.ptp(mean)) if len(mean) else 0.0
    if len(mean) < FEWEST_BINS or span <= 0:
        raise BadImageError(
            "the edges have no profile to fit; take an image with at least 4 px for each line and space"
        )
    width = float(np.ptp(x))
    low, high = float(mean[x <= x.min() + width / 6].mean()), float(mean[x >= x.max() - width / 6].mean())
    weight = np.sqrt(count)
    begin = [0.0, 1.0, low, high, max(float(mean.max()) - high, 0.05 * span), 2.0, 0.05 * span, 2.0]
    least = [-width / 3, SMALLEST_BLUR, -np.inf, -np.inf, 0.0, SMALLEST_REACH, 0.0, SMALLEST_REACH]
    most = [width / 3, width / 3, np.inf, np.inf, 8 * span, width, 4 * span, width]
    begin = [min(max(at, a + 1e-6), b - 1e-6) for at, a, b in zip(begin, least, most, strict=True)]
    scale = [0.3, 0.5, span, span, span, 2.0, span, 2.0]

    def residual(values: np.ndarray) -> np.ndarray:
        return (_profile(x - values[0], *values[1:]) - mean) * weight

    fit = least_squares(residual, begin, bounds=(least, most), x_scale=scale, max_nfev=200)
    covariance = np.linalg.pinv(fit.jac.T @ fit.jac, rcond=1e-10) * deviation**2
    return EdgeModel(float(fit.x[0]), math.sqrt(max(float(covariance[0, 0]), 0.0)), *map(float, fit.x[1:]))
