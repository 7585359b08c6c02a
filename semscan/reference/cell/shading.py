"""Estimate the shading of an image: how its brightness changes slowly from side to side."""

from __future__ import annotations

import math

import numpy as np

BLOCKS = 24  # along each side: the surface is fitted to their means
MOST_FITTED = 1 << 16  # pixels to which a surface is fitted, about
LEAST_GAIN = 0.25  # of the mean: less is not credible, and would amplify noise


def shading_surface(values: np.ndarray) -> np.ndarray:
    """Fit a second-order surface to an image, float32, of its shape.

    It is fitted to means of blocks, so that a pattern does not tilt it.

    Examples
    --------
    >>> rows, cols = np.mgrid[:60, :80].astype(np.float32)
    >>> bool(np.allclose(shading_surface(rows + 2 * cols), rows + 2 * cols, atol=0.05))
    True
    """
    edges = [np.unique(np.linspace(0, side, min(side, BLOCKS) + 1).astype(int)) for side in values.shape]
    means = np.add.reduceat(np.add.reduceat(values, edges[0][:-1], axis=0), edges[1][:-1], axis=1)
    means /= np.outer(np.diff(edges[0]), np.diff(edges[1]))
    centres = [(edge[:-1] + edge[1:] - 1) / 2 for edge in edges]
    basis = _basis(centres[0], centres[1], values.shape)
    return _surface(np.linalg.lstsq(basis, means.reshape(-1), rcond=None)[0], values.shape)


def _surface(coefficients: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    constant, down, right, down2, right2, both = coefficients
    y, x = (_scaled(np.arange(side), side) for side in shape)
    surface = (constant + down * y + down2 * y * y)[:, None] + (right * x + right2 * x * x) + both * np.outer(y, x)
    return np.asarray(surface, np.float32)


def shading_gain(values: np.ndarray) -> np.ndarray:
    """Estimate the relative brightness of each pixel due to shading, about 1, float32: divide an image by it."""
    return _gain(shading_surface(values))


def shading_beside(values: np.ndarray, expected: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """Estimate the shading of an image whose pattern is known, as `shading_gain` does.

    The second-order surface by which `expected` is to be multiplied is fitted to all pixels, so that few repeats, or
    repeats that the border cuts, do not look like shading.

    Parameters
    ----------
    values, expected : ndarray of float32, shape (rows, cols)
        The image, and the same without shading.
    judged : ndarray of bool, same shape
        Pixels that count.
    """
    step = max(1, math.isqrt(values.size // MOST_FITTED))
    part = np.s_[::step, ::step]
    rows, cols = (np.arange(0, side, step) for side in values.shape)
    basis = _basis(rows, cols, values.shape) * expected[part].reshape(-1, 1)
    counted = judged[part].ravel()
    fit = np.linalg.lstsq(basis[counted], values[part].ravel()[counted], rcond=None)[0]
    return _gain(_surface(fit, values.shape))


def _gain(surface: np.ndarray) -> np.ndarray:
    mean = float(surface.mean())
    if mean <= 0:
        return np.ones(surface.shape, np.float32)
    return np.maximum(surface / mean, np.float32(LEAST_GAIN))


def _basis(rows: np.ndarray, cols: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    y, x = np.meshgrid(_scaled(rows, shape[0]), _scaled(cols, shape[1]), indexing="ij")
    return np.stack([np.ones_like(x), y, x, y * y, x * x, x * y], -1).reshape(-1, 6)


def _scaled(index: np.ndarray, side: int) -> np.ndarray:
    """Scale indices along a side to -1 to 1, so that the fit is well conditioned."""
    return 2 * np.asarray(index, np.float64) / max(side - 1, 1) - 1
