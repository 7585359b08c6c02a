"""Roughness of edges and widths: power spectra, and what remains when the noise of the image is taken off.

The random error of an edge is independent from row to row, so that it adds a constant to the power spectrum, the noise
floor: sigma_biased^2 = sigma_unbiased^2 + sigma_noise^2. A rough edge has the Palasantzas spectrum, blurred by the
beam. Both are fitted together to the measured spectra. What a short line, sampling and the beam change is part of the
fit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

FEWEST_ROWS = 24
FEWEST_WITHIN = 4.0  # correlation lengths that a line must hold
ALIASES = 3  # times the sampling frequency up to which the spectrum is folded back
HURST = 0.75  # expected roughness exponent,
HURST_SPREAD = 0.4  # and its standard deviation: short lines say little of it
HURST_RANGE = (0.3, 1.0)
SHORTEST = 0.5  # px: the shortest correlation length that is fitted
STEP = 1e-3  # of the numerical derivatives
NORMAL_95 = 1.959964
THREE_SIGMA = 3.0


@dataclass(frozen=True, slots=True)
class Roughness:
    """What the spectra of equally long pieces of edges or lines say; lengths in px.

    `biased` is the standard deviation as measured, `unbiased` that of the rough edge itself, on a long line, `noise`
    that of the random error. `unbiased_error` is the standard error of `unbiased`; `interval` its 95 % interval.
    `correlation` is the correlation length, with standard error and 95 % interval, `hurst` the roughness exponent.
    `frequency` (cycles per px), `density` and `fitted` (px^3) are the mean spectrum and its model, one-sided.
    """

    biased: float
    unbiased: float
    unbiased_error: float
    interval: tuple[float, float]
    noise: float
    correlation: float
    correlation_error: float
    correlation_interval: tuple[float, float]
    hurst: float
    frequency: np.ndarray
    density: np.ndarray
    fitted: np.ndarray

    @property
    def is_resolved(self) -> bool:
        """Whether the pieces are long enough for their correlation length."""
        return bool(self.correlation * FEWEST_WITHIN < 1 / self.frequency[0])

    @property
    def is_blurred_away(self) -> bool:
        """Whether the roughness is too short to be told from the blur of the beam: then `unbiased` can be any."""
        return self.correlation < 1.01 * SHORTEST


def palasantzas(frequency: np.ndarray, sigma: float, xi: float, hurst: float) -> np.ndarray:
    """Return the two-sided power spectral density of a rough edge, whose integral is sigma^2.

    References
    ----------
    G. Palasantzas, "Roughness spectrum and surface width of self-affine fractal surfaces via the K-correlation model",
    Phys. Rev. B 48, 14472, 1993, doi:10.1103/PhysRevB.48.14472.
    """
    norm = 2 * math.sqrt(math.pi) * math.exp(math.lgamma(hurst + 0.5) - math.lgamma(hurst))
    return norm * sigma**2 * xi / (1 + (2 * np.pi * np.asarray(frequency) * xi) ** 2) ** (hurst + 0.5)


def measure_roughness(
    pieces: np.ndarray, spacing: float, blur: float, *, levelled: int = 0, alike: float = 0.0
) -> Roughness:
    """Measure the roughness of edges or widths.

    Parameters
    ----------
    pieces : ndarray of float64, shape (pieces, rows)
        Positions or widths along equally long pieces, px; NaN nowhere.
    spacing : float
        Distance of two rows along the edge, px.
    blur : float
        Standard deviation of the beam, px: roughness along the edge is blurred as the profile across it is.
    levelled : int
        Degree of the polynomial that is taken off each piece: 0 for widths, 1 (the line of best fit) for edges. The
        frequencies that this changes do not count.
    alike : float
        Correlation of the pieces in pairs, -1 to 1. The two edges of a line that wiggles say less than two other edges.

    Returns
    -------
    Roughness

    References
    ----------
    J. S. Villarrubia, B. D. Bunday, "Unbiased estimation of linewidth roughness", Proc. SPIE 5752, 2005. P. Whittle's
    likelihood of a periodogram, with its expected value in place of the spectrum: A. M. Sykulski, S. C. Olhede,
    A. P. Guillaumin, J. M. Lilly, J. J. Early, "The debiased Whittle likelihood", Biometrika 106, 2019.
    """
    count, rows = pieces.shape
    level = _without_polynomial(pieces, levelled)
    power = np.abs(np.fft.rfft(level, axis=1)[:, 1 + levelled : (rows + 1) // 2]) ** 2 / rows
    mean = power.mean(axis=0)
    biased = math.sqrt(float((level**2).sum()) / (count * (rows - 1 - levelled)))
    numbers = np.arange(1 + levelled, (rows + 1) // 2)

    def expected(values: np.ndarray) -> np.ndarray:
        return _expected(values, rows, spacing, blur)[numbers]

    best = _fit(mean, count, expected, biased, rows)
    # the periodograms of the pieces of a pair have the squared correlation
    error = np.sqrt(np.diag(_covariance(best, count / (1 + alike**2), expected)))
    sigma, xi, noise = np.exp(best[[0, 1, 3]])
    spread, spread_of_length = np.exp(np.minimum(NORMAL_95 * error[:2], 10.0)).tolist()
    return Roughness(
        biased=biased,
        unbiased=float(sigma),
        unbiased_error=float(sigma * error[0]),
        interval=(float(sigma) / spread, float(sigma) * spread),
        noise=float(noise),
        correlation=float(xi),
        correlation_error=float(xi * error[1]),
        correlation_interval=(float(xi) / spread_of_length, float(xi) * spread_of_length),
        hurst=float(best[2]),
        frequency=numbers / (rows * spacing),
        density=2 * spacing * mean,
        fitted=2 * spacing * expected(best),
    )


def _without_polynomial(pieces: np.ndarray, degree: int) -> np.ndarray:
    x = np.linspace(-1, 1, pieces.shape[1])
    basis = np.linalg.qr(np.vander(x, degree + 1))[0]
    level: np.ndarray = pieces - (pieces @ basis) @ basis.T
    return level


def _expected(values: np.ndarray, rows: int, spacing: float, blur: float) -> np.ndarray:
    """Return the expected periodogram of a piece, frequencies 0 to `rows` - 1.

    `values` are the logarithms of sigma and correlation length, the exponent, and the logarithm of the noise.
    """
    sigma, xi, noise = np.exp(values[[0, 1, 3]])
    size = 4 * rows
    frequency = np.fft.fftfreq(size, spacing)
    folded = np.zeros(size)
    for alias in range(-ALIASES, ALIASES + 1):
        true = frequency + alias / spacing
        folded += palasantzas(true, sigma, xi, values[2]) * np.exp(-((2 * np.pi * true * blur) ** 2))
    covariance = np.fft.ifft(folded / spacing).real[:rows]
    covariance[0] += noise**2
    weighted = covariance * (1 - np.arange(rows) / rows)  # pairs of rows at each distance
    periodogram: np.ndarray = 2 * np.fft.fft(weighted).real - covariance[0]
    return np.maximum(periodogram, 1e-12)


def _fit(
    mean: np.ndarray, count: int, expected: Callable[[np.ndarray], np.ndarray], biased: float, rows: int
) -> np.ndarray:
    """Return the parameters of the highest likelihood; a weak expectation holds the exponent."""
    deviation = max(biased, 1e-6)

    def cost(values: np.ndarray) -> float:
        model = expected(values)
        prior = ((values[2] - HURST) / HURST_SPREAD) ** 2 / 2
        return float(count * (np.log(model) + mean / model).sum() + prior)

    floor = max(math.sqrt(float(np.median(mean[len(mean) // 2 :]))), 1e-3 * deviation)
    bounds = (
        (math.log(1e-3 * deviation), math.log(10 * deviation)),
        (math.log(SHORTEST), math.log(rows)),
        HURST_RANGE,
        (math.log(1e-3 * deviation), math.log(2 * deviation)),
    )
    best = None
    for xi in (3.0, 12.0, 0.15 * rows):
        start = [math.log(0.8 * deviation), math.log(min(xi, rows / 2)), HURST, math.log(min(floor, deviation))]
        found = minimize(cost, start, method="L-BFGS-B", bounds=bounds)
        if best is None or found.fun < best.fun:
            best = found
    assert best is not None
    return np.asarray(best.x)


def _covariance(best: np.ndarray, count: float, expected: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return the covariance of the parameters, from the information in exponentially distributed ordinates."""
    steps = STEP * np.eye(len(best))
    slopes = np.stack([np.log(expected(best + step)) - np.log(expected(best - step)) for step in steps]) / (2 * STEP)
    information = count * slopes @ slopes.T
    information[2, 2] += 1 / HURST_SPREAD**2
    return np.linalg.pinv(information)
