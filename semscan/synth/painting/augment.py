"""Random changes of training patches: flip, transpose, shift, contrast and brightness, noise. Plain arrays."""

from __future__ import annotations

import numpy as np


def random_flip(patch: np.ndarray, rng: np.random.Generator, *, flip: bool, turn: bool) -> np.ndarray:
    """Mirror (if `flip`) and transpose (if `turn`) a square patch at random; the grey levels do not change."""
    if flip:
        row_step = 1 if rng.random() < 0.5 else -1
        col_step = 1 if rng.random() < 0.5 else -1
        patch = patch[::row_step, ::col_step]
    if turn and rng.random() < 0.5:
        patch = patch.T
    return np.ascontiguousarray(patch)


def random_lighting(rng: np.random.Generator, *, gain: float, offset: float) -> tuple[float, float]:
    """Draw a change of contrast and brightness: (factor, summand) for grey levels 0 to 1.

    Parameters
    ----------
    gain : float
        Largest absolute logarithm of the factor.
    offset : float
        Largest absolute summand.
    """
    factor = float(np.exp(rng.uniform(-gain, gain)))
    summand = float(rng.uniform(-offset, offset))
    return factor, summand


def random_shift(patch: np.ndarray, rng: np.random.Generator, *, shift: int) -> np.ndarray:
    """Move a patch by up to `shift` px in each direction, mirrored at the edges; same shape."""
    if not shift:
        return patch
    row, col = rng.integers(0, 2 * shift + 1, 2)
    padded = np.pad(patch, shift, mode="reflect")
    return padded[row : row + patch.shape[0], col : col + patch.shape[1]]


def random_noise(patch: np.ndarray, rng: np.random.Generator, *, most: float) -> np.ndarray:
    """Add white noise of a random level to half of the patches; `most` is its largest standard deviation."""
    if most <= 0 or rng.random() < 0.5:
        return patch
    return patch + rng.normal(0, rng.uniform(0, most), patch.shape).astype(np.float32)
