"""How training patches vary: turned over, turned, moved, lit differently, noisier. Plain arrays."""

from __future__ import annotations

import numpy as np


def turned_over(patch, rng, *, flip, turn):
    """Mirror (if `flip`) and transpose (if `turn`) a square patch at random; grey levels untouched."""
    if flip:
        patch = patch[:: 1 if rng.random() < 0.5 else -1, :: 1 if rng.random() < 0.5 else -1]
    if turn and rng.random() < 0.5:
        patch = patch.T
    return np.ascontiguousarray(patch)


def relight(rng, *, gain, offset):
    """Draw a change of contrast and brightness: (factor, summand) for grey levels 0 to 1."""
    return float(np.exp(rng.uniform(-gain, gain))), float(rng.uniform(-offset, offset))


def moved(patch, rng, *, shift):
    """Move a patch by up to `shift` px each way, mirrored at the edges; same shape."""
    if not shift:
        return patch
    row, col = rng.integers(0, 2 * shift + 1, 2)
    wide = np.pad(patch, shift, mode="reflect")
    return wide[row : row + patch.shape[0], col : col + patch.shape[1]]


def noisy(patch, rng, *, most):
    """Add white noise of a random level, in half of the patches; `most` is its largest deviation."""
    if most <= 0 or rng.random() < 0.5:
        return patch
    return patch + rng.normal(0, rng.uniform(0, most), patch.shape).astype(np.float32)
