"""Painted defects: the patch itself is left alone, and the generator alone decides what is painted."""

import numpy as np
import pytest

from semscan.robust import noise_level
from semscan.synth.painting.paint import paint
from tests.synth.painting.conftest import PATTERN, pool


def test_patch_itself_is_left_alone():
    rng = np.random.default_rng(1)
    good = pool(rng)
    copy = good.copy()

    paint(good, pool, rng, count=4)

    np.testing.assert_array_equal(good, copy)


def test_no_defects_gives_the_patch_back_and_an_empty_label():
    good = pool(np.random.default_rng(2))

    painted, label = paint(good, pool, np.random.default_rng(3), count=0)

    np.testing.assert_array_equal(painted, good)
    assert not label.any()


def test_same_generator_paints_the_same():
    first, second = (paint(PATTERN, pool, np.random.default_rng(9), count=3) for _ in "ab")

    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


def test_noise_level_is_the_deviation_of_added_noise():
    rng = np.random.default_rng(0)
    smooth = np.linspace(0, 1, 200, dtype=np.float32)[None].repeat(200, 0)

    assert noise_level(smooth + rng.normal(0, 0.05, smooth.shape).astype(np.float32)) == pytest.approx(0.05, rel=0.1)
