"""Estimate the shading of an image: how its brightness changes slowly from side to side."""

from __future__ import annotations

import numpy as np

BLOCKS = 24  # along each side: the surface is fitted to their means
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
    constant, down, right, down2, right2, both = np.linalg.lstsq(basis, means.reshape(-1), rcond=None)[0]
    y = _scaled(np.arange(values.shape[0]), values.shape[0])
    x = _scaled(np.arange(values.shape[1]), values.shape[1])
    surface = (constant + down * y + down2 * y * y)[:, None] + (right * x + right2 * x * x) + both * np.outer(y, x)
    return surface.astype(np.float32)


def shading_gain(values: np.ndarray) -> np.ndarray:
    """Estimate the relative brightness of each pixel due to shading, about 1, float32: divide an image by it."""
    surface = shading_surface(values)
    mean = float(surface.mean())
    if mean <= 0:
        return np.ones(values.shape, np.float32)
    return np.maximum(surface / mean, np.float32(LEAST_GAIN))


def _basis(rows: np.ndarray, cols: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    y, x = np.meshgrid(_scaled(rows, shape[0]), _scaled(cols, shape[1]), indexing="ij")
    return np.stack([np.ones_like(x), y, x, y * y, x * x, x * y], -1).reshape(-1, 6)


def _scaled(index: np.ndarray, side: int) -> np.ndarray:
    """Scale indices along a side to -1 to 1, so that the fit is well conditioned."""
    return 2 * np.asarray(index, np.float64) / max(side - 1, 1) - 1
