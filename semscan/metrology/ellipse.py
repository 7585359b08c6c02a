"""Ellipses through the rims of holes, and how well their diameters and middles are known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import OptimizeResult, least_squares

FAR = 6.0  # times the median deviation, beyond which a point of a rim does not count
FEWEST_POINTS = 12


@dataclass(frozen=True, slots=True)
class Ellipse:
    """An ellipse: its middle (row, col), half axes `major` and `minor`, px, and the angle of the first, radians.

    Angles turn from the columns (x) to the rows (y, down). `covariance` is that of (row, col, major, minor, angle),
    float64 (5, 5).
    """

    row: float
    col: float
    major: float
    minor: float
    angle: float
    covariance: np.ndarray

    @classmethod
    def circle(cls, row: float, col: float, radius: float) -> Ellipse:
        """Return a circle that is known exactly."""
        return cls(float(row), float(col), radius, radius, 0.0, np.zeros((5, 5)))

    @property
    def radius(self) -> float:
        """Radius of the circle of the same area, px."""
        return math.sqrt(self.major * self.minor)

    def radius_at(self, angles: np.ndarray) -> np.ndarray:
        """Return the distance of the rim from the middle at angles, radians."""
        return _radius_at(angles, self.major, self.minor, self.angle)

    def curvature_at(self, angles: np.ndarray) -> np.ndarray:
        """Return the curvature of the rim at angles, radians; 1 / px."""
        sin, cos = self.major * np.sin(angles - self.angle), self.minor * np.cos(angles - self.angle)
        # of the parameter t, with tan t = major / minor * tan of the angle
        sin, cos = sin / np.hypot(sin, cos), cos / np.hypot(sin, cos)
        curvature: np.ndarray = self.major * self.minor / np.hypot(self.major * sin, self.minor * cos) ** 3
        return curvature

    @property
    def extents(self) -> tuple[float, float]:
        """Largest widths in x and in y, px."""
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        across = math.hypot(self.major * cos, self.minor * sin)
        down = math.hypot(self.major * sin, self.minor * cos)
        return 2 * across, 2 * down

    @property
    def diameter_error(self) -> float:
        """Standard error of the equivalent diameter, px."""
        slope = np.array([0, 0, self.minor, self.major, 0]) / self.radius
        return math.sqrt(max(float(slope @ self.covariance @ slope), 0.0))


def _radius_at(angles: np.ndarray, major: float, minor: float, angle: float) -> np.ndarray:
    radius: np.ndarray = major * minor / np.hypot(minor * np.cos(angles - angle), major * np.sin(angles - angle))
    return radius


def fit_ellipse(begin: Ellipse, angles: np.ndarray, rim: np.ndarray) -> Ellipse | None:
    """Fit an ellipse to the distances of a rim from the middle of another ellipse, at angles.

    Distances along the rays count, not squares of an equation, so that noise does not make the ellipse smaller.

    Parameters
    ----------
    begin : Ellipse
        The expected one.
    angles, rim : ndarray of float64, shape (rays,)
        Radians; px, NaN where not known.

    Returns
    -------
    Ellipse or None
        None for too few points.
    """
    known = np.isfinite(rim)
    if known.sum() < FEWEST_POINTS:
        return None
    first = _fitted(begin, angles[known], rim[known])
    apart = np.abs(first.fun)
    near = apart <= FAR * float(np.median(apart)) + 1e-6
    fit = first if near.all() or near.sum() < FEWEST_POINTS else _fitted(begin, angles[known][near], rim[known][near])
    major, minor, angle = _axes(fit.x)
    slopes = np.stack([_slope(fit.x, number) for number in range(5)], axis=1)  # of the five, by the fitted values
    variance = float((fit.fun**2).sum()) / (len(fit.fun) - 5)
    inner = np.linalg.pinv(fit.jac.T @ fit.jac) * variance
    return Ellipse(float(fit.x[0]), float(fit.x[1]), major, minor, angle, slopes @ inner @ slopes.T)


def _fitted(begin: Ellipse, angles: np.ndarray, rim: np.ndarray) -> OptimizeResult:
    """Fit (row, col, log radius, half difference of the axes times cos and sin of 2 a) to a rim by least squares."""
    rows = begin.row + rim * np.sin(angles)
    cols = begin.col + rim * np.cos(angles)
    radius = float(rim.mean())
    # second harmonic of the rim: half the difference of the axes, and twice the angle
    bend = complex(2 * np.mean((rim - radius) * np.exp(2j * angles)))
    half = min(abs(bend), 0.5 * radius)
    start = [begin.row, begin.col, math.log(radius), half * math.cos(np.angle(bend)), half * math.sin(np.angle(bend))]

    def residual(values: np.ndarray) -> np.ndarray:
        down, right = rows - values[0], cols - values[1]
        return np.hypot(down, right) - _radius_at(np.arctan2(down, right), *_axes(values))

    return least_squares(residual, start, method="lm")


def _axes(values: np.ndarray) -> tuple[float, float, float]:
    """Return half axes and angle from (row, col, log radius, half difference of the axes times cos and sin of 2 a)."""
    radius = math.exp(values[2])
    half = math.hypot(values[3], values[4])
    ratio = half / radius + math.hypot(1, half / radius)  # major - minor = 2 half, major * minor = radius^2
    return radius * ratio, radius / ratio, math.atan2(values[4], values[3]) / 2


def _slope(values: np.ndarray, number: int) -> np.ndarray:
    """Return the derivative of (row, col, major, minor, angle) by one of the fitted values; without the angle's."""
    step = np.zeros(5)
    step[number] = 1e-5
    (major, minor, _), (less_major, less_minor, _) = _axes(values + step), _axes(values - step)
    return np.array([number == 0, number == 1, (major - less_major) / 2e-5, (minor - less_minor) / 2e-5, 0.0])


def residual_inflation(
    found: Sequence[Ellipse | None], angles: np.ndarray, rims: np.ndarray, begun: Sequence[Ellipse]
) -> list[Ellipse | None]:
    """Widen the covariances by the correlation of neighbouring points of a rim: fewer of them are independent.

    The correlation of what the ellipses leave is that of all holes together, summed up to its first zero.
    """
    left = np.full(rims.shape, np.nan)
    for number, (ellipse, begin) in enumerate(zip(found, begun, strict=True)):
        if ellipse is not None:
            down = begin.row + rims[number] * np.sin(angles) - ellipse.row
            right = begin.col + rims[number] * np.cos(angles) - ellipse.col
            left[number] = np.hypot(down, right) - ellipse.radius_at(np.arctan2(down, right))
    factor = 1.0
    variance = float(np.nanmean(left**2)) if np.isfinite(left).any() else 0.0
    for lag in range(1, rims.shape[1] // 4):
        share = float(np.nanmean(left * np.roll(left, lag, axis=1))) / variance if variance > 0 else 0.0
        if share <= 0:
            break
        factor += 2 * share
    return [None if each is None else replace(each, covariance=each.covariance * factor) for each in found]
