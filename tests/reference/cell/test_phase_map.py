"""The phase of a lattice, unwrapped: a torn place stays as small as it is."""

import cv2
import numpy as np
import pytest

from semscan.reference.cell import phase_map

ROWS, COLS = np.mgrid[:60, :80].astype(float)


def wrapped(phase):
    return np.angle(np.exp(1j * phase))


def torn(first, second):
    """A smooth drift in which the phase turns once around each of two places (row, col), in opposite directions."""
    turns = [np.arctan2(ROWS - row, COLS - col) for row, col in (first, second)]
    return 0.2 * COLS - 0.11 * ROWS + turns[0] - turns[1]


def off(found, phase):
    """Where the unwrapped phase (in repeats) is another than `phase`, whole repeats for all together aside."""
    error = found - phase / (2 * np.pi)
    return np.abs(error - np.median(error)) > 0.4


@pytest.mark.parametrize("strong", [(5, 5), (30, 40)])
def test_a_smooth_phase_is_unwrapped_exactly(strong):
    phase = 0.3 * COLS - 0.2 * ROWS + 2 * np.sin(ROWS / 9)
    strength = 1 / (1 + np.hypot(ROWS - strong[0], COLS - strong[1]))
    found = phase_map._unwrapped(wrapped(phase), strength)

    assert not off(found, phase).any()
    np.testing.assert_allclose(np.diff(found, axis=1), np.diff(phase, axis=1) / (2 * np.pi), atol=1e-9)


def test_a_tear_reaches_from_one_of_its_ends_to_the_other_and_no_further():
    phase = torn((20.5, 30.5), (36.5, 30.5))
    found = phase_map._unwrapped(wrapped(phase), np.ones(phase.shape))
    jumps = np.abs(np.diff(found, axis=1)) > 0.5, np.abs(np.diff(found, axis=0)) > 0.5

    for tears, axis in zip(jumps, (1, 0), strict=True):
        rows, cols = np.nonzero(tears)
        assert len(rows) <= 20, axis
        assert ((rows >= 18) & (rows <= 38) & (cols >= 24) & (cols <= 37)).all(), axis


def test_the_same_phase_gives_the_same_every_time():
    phase = wrapped(torn((20.5, 30.5), (36.5, 30.5)) + np.random.default_rng(0).normal(0, 0.8, ROWS.shape))
    first, second = (phase_map._unwrapped(phase, np.ones(phase.shape)) for _ in range(2))

    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("sigma", [20.0, 48.0, 60.0])
def test_a_wide_blur_on_fewer_pixels_is_the_same_blur(blobs, sigma, monkeypatch):
    monkeypatch.setattr(phase_map, "EXACT", 0)
    exact = cv2.GaussianBlur(blobs, (0, 0), sigma)

    assert np.abs(phase_map._slow_changes(blobs, sigma) - exact).max() < 0.02 * blobs.std()
