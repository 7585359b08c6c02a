"""The model profile of an edge: how grey levels change across it.

An edge is a step from a lower to a higher level. The higher side has a bright rim, the lower side a shadow, and both
fade with the distance; the beam blurs all of it. A threshold between the lowest and the highest value of this profile
is well known even in noisy images, but lies outside of the step, since the blur lowers the rim. The step itself is
known less well the wider the blur is, and depends on the shape of the rim.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import least_squares
from scipy.special import log_ndtr, ndtr

from semscan.errors import BadImageError

BIN = 0.2  # px, of the mean profile to which the model is fitted
FEWEST_BINS = 6
SMALLEST_BLUR = 0.3  # px: a pixel itself is a box with a standard deviation of 0.29 px
SMALLEST_REACH = 0.5  # px
FINE = 0.01  # px, steps in which a threshold is searched
LEAST_DEVIATION = 1e-3  # of the span of the levels, that of a sample
CHANGE = 1e-4  # of a parameter's scale, for derivatives
Reach = tuple[float, float]


@dataclass(frozen=True, slots=True)
class EdgeModel:
    """A profile across an edge; x rises from the lower to the higher side, px.

    `values` are float64 (9,): position of the step, standard deviation of the beam, level far on the lower and on the
    higher side, excess of the rim at the step that fades exponentially, its reach, loss of the shadow, its reach, and
    excess of the rim that fades as a Gaussian of the same reach. `covariance` is that of the values.
    """

    values: np.ndarray
    covariance: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return the grey levels at positions x, px."""
        return _profile(np.asarray(x, np.float64), self.values)

    @property
    def blur(self) -> float:
        """Standard deviation of the beam, px."""
        return float(self.values[1])

    def sharpened(self, deviation: float) -> EdgeModel:
        """Return the model of a straight edge, for one fitted to edges that deviate from straight ones, px."""
        values = self.values.copy()
        values[1] = math.sqrt(max(self.blur**2 - deviation**2, SMALLEST_BLUR**2))
        return replace(self, values=values)

    def edge(self, level: float | None, reach: Reach) -> float:
        """Return where the edge lies, px: where the profile crosses a level between its extremes, or at the step.

        Parameters
        ----------
        level : float or None
            Share of the way from the lowest to the highest value, 0 to 1; None for the step.
        reach : (float, float)
            How far the profile extends on either side, px.
        """
        return _edge(self.values, level, reach)

    def edge_error(self, level: float | None, reach: Reach) -> float:
        """Return the standard error of `edge`, px."""
        scale = np.maximum(np.abs(self.values), 1e-3)
        slopes = np.empty(len(self.values))
        for number, change in enumerate(CHANGE * scale):
            moved = self.values.copy()
            moved[number] += change
            slopes[number] = (_edge(moved, level, reach) - _edge(self.values, level, reach)) / change
        return math.sqrt(max(float(slopes @ self.covariance @ slopes), 0.0))


def _edge(values: np.ndarray, level: float | None, reach: Reach) -> float:
    step = float(values[0])
    if level is None:
        return step
    x = np.arange(step - reach[0], step + reach[1], FINE)
    profile = _profile(x, values)
    top = int(profile.argmax())
    bottom = int(profile[: top + 1].argmin())
    wanted = profile[bottom] + level * (profile[top] - profile[bottom])
    return float(np.interp(wanted, profile[bottom : top + 1], x[bottom : top + 1]))


def _profile(x: np.ndarray, values: np.ndarray) -> np.ndarray:
    position, blur, low, high, rim, rim_reach, shadow, shadow_reach, round_rim = values
    away = x - position
    step = low + (high - low) * ndtr(away / blur)
    bright = rim * _fading(away, blur, rim_reach) + round_rim * _fading_round(away, blur, rim_reach)
    profile: np.ndarray = step + bright - shadow * _fading(-away, blur, shadow_reach)
    return profile


def _fading(x: np.ndarray, blur: float, reach: float) -> np.ndarray:
    """Return exp(-x / reach) for x above 0, else 0, convolved with a Gaussian."""
    share = blur / reach
    faded: np.ndarray = np.exp(share**2 / 2 - x / reach + log_ndtr(x / blur - share))
    return faded


def _fading_round(x: np.ndarray, blur: float, reach: float) -> np.ndarray:
    """Return exp(-x^2 / 2 reach^2) for x above 0, else 0, convolved with a Gaussian."""
    both = math.hypot(blur, reach)
    faded: np.ndarray = reach / both * np.exp(-(x**2) / (2 * both**2) + log_ndtr(x * reach / (blur * both)))
    return faded


def fit_samples(x: np.ndarray, values: np.ndarray) -> EdgeModel:
    """Fit the model to all samples of many profiles at once.

    Parameters
    ----------
    x, values : ndarray of float64, shape (samples,)
        Positions, px, and grey levels; the step is expected near 0.

    Raises
    ------
    BadImageError
        Without samples, or if the profile is too short or flat.

    References
    ----------
    C. A. Mack, B. D. Bunday, "Analytical linescan model for SEM metrology", Proc. SPIE 9424, 2015: a step between two
    materials with exponential terms on both sides.
    """
    if not x.size:
        raise BadImageError("no edge lies in the part of the image that counts; leave out less of it")
    position, mean, count = mean_profile(x, values)
    # of single samples from the mean profile: noise and roughness
    deviation = math.sqrt(float(np.mean((values - np.interp(x, position, mean)) ** 2)))
    return _fit(position, mean, count, deviation)


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


def _fit(x: np.ndarray, mean: np.ndarray, count: np.ndarray, deviation: float) -> EdgeModel:
    span = float(np.ptp(mean))
    if len(mean) < FEWEST_BINS or span <= 0:
        raise BadImageError(
            "the edges have no profile to fit; take an image with at least 4 px for each line and space"
        )
    width = float(np.ptp(x))
    low, high = float(mean[x <= x.min() + width / 6].mean()), float(mean[x >= x.max() - width / 6].mean())
    rim = max(float(mean.max()) - high, 0.05 * span)
    begin = np.array([0.0, 1.0, low, high, rim, 2.0, 0.05 * span, 2.0, 0.2 * rim])
    free = np.inf
    least = np.array([-width / 3, SMALLEST_BLUR, -free, -free, 0.0, SMALLEST_REACH, 0.0, SMALLEST_REACH, 0.0])
    most = np.array([width / 3, width / 3, free, free, 8 * span, width, 4 * span, width, 8 * span])
    # where the samples lie a whole pixel apart, as on lines along the columns, they do not determine all values: those
    # that are not near what is usual then have to be called for by the samples
    usual = np.array([0.0, 1.0, low, high, 0.0, 2.0, 0.0, 2.0, 0.0])
    spread = np.array([2.0, 1.0, span, span, 2 * span, 3.0, 0.5 * span, 3.0, 2 * span])
    weight = np.sqrt(count) / max(deviation, LEAST_DEVIATION * span)
    fit = least_squares(
        lambda values: np.concatenate([(_profile(x, values) - mean) * weight, (values - usual) / spread]),
        np.clip(begin, least + 1e-6, most - 1e-6),
        bounds=(least, most),
        x_scale=spread,
        max_nfev=200,
    )
    slopes = fit.jac * spread
    covariance = np.linalg.pinv(slopes.T @ slopes, rcond=1e-12, hermitian=True)
    return EdgeModel(fit.x, covariance * np.outer(spread, spread))
