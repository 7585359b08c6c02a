"""Rough edges: random profiles with the Palasantzas spectrum."""

from __future__ import annotations

import math

import numpy as np


def palasantzas(frequency: np.ndarray, sigma: float, xi: float, hurst: float) -> np.ndarray:
    """Return the power spectral density of a rough edge, two-sided: its integral over all frequencies is sigma².

    Parameters
    ----------
    frequency : ndarray of float
        Spatial frequency in cycles per px.
    sigma, xi : float
        Standard deviation and correlation length of the edge, px.
    hurst : float
        Roughness exponent, 0 to 1; higher is smoother.

    Returns
    -------
    ndarray of float
        Density in px² per (cycle per px), same shape as `frequency`.

    References
    ----------
    G. Palasantzas, "Roughness spectrum and surface width of self-affine fractal surfaces via the
    K-correlation model", Phys. Rev. B 48, 14472, 1993, doi:10.1103/PhysRevB.48.14472.
    """
    norm = 2 * math.sqrt(math.pi) * math.gamma(hurst + 0.5) / math.gamma(hurst)
    return norm * sigma**2 * xi / (1 + (2 * np.pi * np.asarray(frequency) * xi) ** 2) ** (hurst + 0.5)


def rough_profiles(
    count: int, length: int, sigma: float, xi: float, hurst: float, rng: np.random.Generator
) -> np.ndarray:
    """Draw `count` independent edge profiles of `length` px.

    Returns
    -------
    ndarray of float32, shape (count, length)
        Edge position in px about 0, one value per px along the edge; not periodic within `length`.
        The expected variance is sigma² less what the spectrum holds above half a cycle per px.
    """
    if sigma == 0:
        return np.zeros((count, length), np.float32)
    size = 1 << math.ceil(math.log2(length + 8 * xi + 16))
    frequency = np.fft.rfftfreq(size)
    amplitude = np.sqrt(palasantzas(frequency, sigma, xi, hurst) * size / 2)
    draws = rng.standard_normal((2, count, frequency.size))
    spectrum = (draws[0] + 1j * draws[1]) * amplitude
    spectrum[:, [0, -1]] = draws[0][:, [0, -1]] * amplitude[[0, -1]] * math.sqrt(2)
    return np.fft.irfft(spectrum, size, axis=1)[:, :length].astype(np.float32)


def rough_contours(
    radius: np.ndarray, sigma: float, xi: float, hurst: float, rng: np.random.Generator, *, modes: int = 9
) -> np.ndarray:
    """Draw rough circles as Fourier modes: radius(t) = radius + Re(sum of modes[k] exp(i k t)).

    Mode k has the spectrum's power at k cycles per circumference. Mode 0 is the spread of the radius, a
    quarter of the spectrum's power because exposure holds the size; mode 1 (a shift of the hole) is left out.

    Returns
    -------
    ndarray of complex64, shape (len(radius), modes)
    """
    radius = np.asarray(radius, np.float64)[:, None]
    order = np.arange(modes)[None, :]
    around = 2 * np.pi * radius
    power = palasantzas(order / around, sigma, xi, hurst) / around
    draws = rng.standard_normal((2, radius.size, modes))
    contour = (draws[0] + 1j * draws[1]) * np.sqrt(2 * power)
    contour[:, 0] = draws[0][:, 0] * np.sqrt(power[:, 0] / 4)
    contour[:, 1] = 0
    return contour.astype(np.complex64)
