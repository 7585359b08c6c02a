"""Patterns whose lattice is known by construction."""

import math

import numpy as np
import pytest


def make_stripes(pitch, angle=0.0, shape=(160, 200), noise=0.05, seed=3):
    """Soft-edged lines; `angle` (degrees) turns the step from one to the next from x towards y."""
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    turn = math.radians(angle)
    phase = (cols * math.cos(turn) + rows * math.sin(turn)) / pitch
    wave = np.tanh(3 * np.sin(2 * np.pi * phase))
    return (0.5 + 0.2 * wave + noise * np.random.default_rng(seed).standard_normal(shape)).astype(np.float32)


def make_dots(pitch, angle=0.0, shape=(200, 220), noise=0.05, seed=4):
    """Round dark spots on a square lattice."""
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    turn = math.radians(angle)
    u = cols * math.cos(turn) + rows * math.sin(turn)
    v = rows * math.cos(turn) - cols * math.sin(turn)
    away = np.hypot((u / pitch + 0.5) % 1 - 0.5, (v / pitch + 0.5) % 1 - 0.5) * pitch
    spots = 1 / (1 + np.exp((away - pitch / 4) / 0.8))
    return (0.7 - 0.4 * spots + noise * np.random.default_rng(seed).standard_normal(shape)).astype(np.float32)


@pytest.fixture
def stripes():
    """`make_stripes`."""
    return make_stripes


@pytest.fixture
def dots():
    """`make_dots`."""
    return make_dots


@pytest.fixture
def blobs():
    """Texture that does not repeat."""
    import cv2

    field = cv2.GaussianBlur(np.random.default_rng(5).standard_normal((200, 220)).astype(np.float32), (0, 0), 4)
    return 0.5 + 0.1 * field / field.std()
