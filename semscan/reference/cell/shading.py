"""Uneven light across an image."""

from __future__ import annotations

import numpy as np

BLOCKS = 24  # along each side: their means are what the surface is laid through
LEAST = 0.25  # of the mean: a surface that says less is not believed


def light_surface(values: np.ndarray) -> np.ndarray:
    """The second-order surface closest to an image, float32, of its shape.

    It is laid through means of blocks, so that a pattern does not tilt it.

    Examples
    --------
    >>> rows, cols = np.mgrid[:60, :80].astype(np.float32)
    >>> bool(np.allclose(light_surface(rows + 2 * cols), rows + 2 * cols, atol=0.05))
    True
    """
    edges = [np.unique(np.linspace(0, side, min(side, BLOCKS) + 1).astype(int)) for side in values.shape]
    means = np.add.reduceat(np.add.reduceat(values, edges[0][:-1], axis=0), edges[1][:-1], axis=1)
    means /= np.outer(np.diff(edges[0]), np.diff(edges[1]))
    middles = [(edge[:-1] + edge[1:] - 1) / 2 for edge in edges]
    basis = _basis(middles[0], middles[1], values.shape)
    fit = np.linalg.lstsq(basis, means.reshape(-1), rcond=None)[0]
    rows, cols = (np.arange(side) for side in values.shape)
    y, x = _scaled(rows, values.shape[0]), _scaled(cols, values.shape[1])
    constant, down, right, down2, right2, both = fit
    surface = (constant + down * y + down2 * y * y)[:, None] + (right * x + right2 * x * x) + both * np.outer(y, x)
    return surface.astype(np.float32)


def light_share(values: np.ndarray) -> np.ndarray:
    """How bright each place is by its light alone, about 1, float32: to divide an image by."""
    surface = light_surface(values)
    mean = float(surface.mean())
    if mean <= 0:
        return np.ones(values.shape, np.float32)
    return np.maximum(surface / mean, np.float32(LEAST))


def _basis(rows: np.ndarray, cols: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    y, x = np.meshgrid(_scaled(rows, shape[0]), _scaled(cols, shape[1]), indexing="ij")
    return np.stack([np.ones_like(x), y, x, y * y, x * x, x * y], -1).reshape(-1, 6)


def _scaled(places: np.ndarray, side: int) -> np.ndarray:
    """Places along a side as -1 to 1."""
    return 2 * np.asarray(places, np.float64) / max(side - 1, 1) - 1
