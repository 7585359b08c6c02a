"""A periodic patch, and good patches of the same pattern."""

import numpy as np

PATTERN = (0.4 + 0.25 * np.sign(np.sin(np.arange(128) / 3)))[None, :].repeat(128, 0).astype(np.float32)


def pool(rng):
    return (PATTERN + rng.normal(0, 0.02, PATTERN.shape)).astype(np.float32)
