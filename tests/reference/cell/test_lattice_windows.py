"""Repeats in windows of a large image."""

from types import SimpleNamespace

import numpy as np
import pytest

from semscan.reference.cell.lattice_windows import WINDOW, best_window, refine_waves


def test_the_most_confident_window_counts():
    image = np.zeros((2 * WINDOW, 3 * WINDOW), np.float32)
    image[-1, -1] = 0.5

    found, window = best_window(
        image.shape, lambda rows, cols: image[rows, cols], lambda part: SimpleNamespace(confidence=float(part.max()))
    )

    assert found.confidence == 0.5
    assert (window[0].stop, window[1].stop) == image.shape


def test_a_sure_window_ends_the_search():
    read = []

    best_window(
        (5000, 5000), lambda rows, cols: read.append((rows, cols)), lambda part: SimpleNamespace(confidence=0.9)
    )

    assert len(read) == 1


@pytest.mark.parametrize("shape", [(512, 6000), (6000, 300), (1500, 1500)])
def test_waves_are_refined_to_a_small_part_of_a_cycle_over_the_image(stripes, shape):
    image = stripes(9.7, 20.0, shape=shape)
    turn = np.radians(20.0)
    true = np.array([[np.sin(turn), np.cos(turn)]]) / 9.7
    window = tuple(slice(max(0, side - 1024) // 2, max(0, side - 1024) // 2 + 1024) for side in shape)

    (refined,) = refine_waves(true + 2e-4, shape, lambda rows, cols: image[rows, cols], window)

    assert refined * shape == pytest.approx(true[0] * shape, abs=0.01)
