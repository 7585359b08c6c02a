"""Images of one place on many dies."""

import cv2
import numpy as np
import pytest

from semscan.values import CleanImage

SHAPE = (150, 140)
NOISE = 0.03


def texture(seed):
    """Return grey levels without noise, float32, shape (240, 240), 0.2 to 0.8."""
    field = cv2.GaussianBlur(np.random.default_rng(seed).random((240, 240), np.float32), (0, 0), 2)
    return 0.2 + 0.6 * (field - field.min()) / np.ptp(field)


def make_die(corner, seed, *, place=1, shape=SHAPE):
    """Return an image of a texture, shifted, with noise of its own; all judged."""
    window = tuple(slice(start, start + size) for start, size in zip(corner, shape, strict=True))
    noise = NOISE * np.random.default_rng([9, seed]).standard_normal(shape, dtype=np.float32)
    return CleanImage((texture(place)[window] + noise).astype(np.float32), np.ones(shape, bool))


@pytest.fixture
def die():
    """`make_die`."""
    return make_die


@pytest.fixture
def noise_free():
    """`texture`."""
    return texture
