"""Whether an image looks like those of training."""

import cv2
import numpy as np
import pytest

from semscan.image.appearance import measure_appearance, typical_appearance, unusual_measures


def textured(seed, noise=0.04):
    rng = np.random.default_rng(seed)
    slow = cv2.GaussianBlur(rng.normal(size=(160, 200)), (0, 0), 4)
    return (0.45 + 0.12 * slow / slow.std() + rng.normal(0, noise, slow.shape)).astype(np.float32)


@pytest.fixture(scope="module")
def usual():
    return typical_appearance(measure_appearance(textured(seed)) for seed in range(12))


def test_measures_of_known_noise():
    look = measure_appearance((0.5 + np.random.default_rng(0).normal(0, 0.05, (200, 200))).astype(np.float32))

    assert look["brightness"] == pytest.approx(0.5, abs=0.002)
    assert look["contrast"] == pytest.approx(0.05, rel=0.03)
    assert look["noise"] == pytest.approx(0.05, rel=0.05)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda v: 0.45 + 0.4 * (v - 0.45), {"contrast", "noise"}),
        (lambda v: v + np.float32(0.3), {"brightness"}),
        (lambda v: cv2.GaussianBlur(v, (0, 0), 3), {"noise"}),
        (lambda v: v + np.random.default_rng(1).normal(0, 0.1, v.shape).astype(np.float32), {"noise"}),
    ],
)
def test_what_changed_is_named(usual, change, named):
    assert named <= set(unusual_measures(measure_appearance(change(textured(99))), usual))


def test_other_images_of_the_kind_and_small_changes_are_usual(usual):
    for seed in range(100, 120):
        for change in (1.0, 0.85, 1.15):
            values = 0.45 + change * (textured(seed) - 0.45)
            assert unusual_measures(measure_appearance(values), usual) == {}


def test_a_few_odd_images_do_not_move_what_is_usual(usual):
    looks = [measure_appearance(textured(seed)) for seed in range(12)] + [measure_appearance(textured(50, noise=0.4))]

    assert typical_appearance(looks)["noise"]["median"] == pytest.approx(usual["noise"]["median"], rel=0.05)


def test_one_training_image_is_enough_to_compare_with_and_none_says_nothing():
    one = typical_appearance([measure_appearance(textured(0))])

    assert unusual_measures(measure_appearance(textured(1)), one) == {}
    assert typical_appearance([]) == {}
    assert unusual_measures(measure_appearance(textured(1)), {}) == {}
