"""Images of varying lighting, brought to one brightness and contrast."""

import numpy as np
import pytest

from semscan.image.brightness import brightness_varies, matched_brightness, matching


def texture(seed=0):
    return np.random.default_rng(seed).normal(0.5, 0.1, (60, 80)).astype(np.float32)


@pytest.mark.parametrize(("factor", "summand"), [(0.3, 0.0), (1.0, -0.2), (1.6, 0.1)])
def test_an_image_lit_otherwise_becomes_the_same(factor, summand):
    assert np.allclose(matched_brightness(texture() * factor + summand), matched_brightness(texture()), atol=1e-5)


def test_a_second_matching_changes_nothing():
    once = matched_brightness(texture())

    assert np.allclose(matched_brightness(once), once, atol=1e-5)


def test_a_defect_hardly_changes_the_rest_of_the_image():
    defective = texture()
    defective[:12, :12] = 1.0

    assert np.abs(matched_brightness(defective) - matched_brightness(texture()))[20:].max() < 0.05


def test_a_blank_image_stays_blank():
    matched = matched_brightness(np.full((20, 20), 0.7, np.float32) + 0.001 * texture()[:20, :20])

    assert matched.std() < 0.002


def test_a_matching_is_undone():
    change = matching(texture())

    assert np.allclose(change.undone(change.applied(texture())), texture(), atol=1e-6)


def appearances(brightness, contrast):
    return [{"brightness": one, "contrast": other} for one, other in zip(brightness, contrast, strict=True)]


@pytest.mark.parametrize(
    ("brightness", "contrast", "varies"),
    [
        (np.linspace(0.48, 0.52, 12), np.full(12, 0.1), False),
        (np.linspace(0.2, 0.8, 12), np.full(12, 0.1), True),
        (np.full(12, 0.5), np.geomspace(0.05, 0.2, 12), True),
        (np.linspace(0.2, 0.8, 9), np.full(9, 0.1), False),
        ([*np.full(11, 0.5), 0.9], np.full(12, 0.1), False),
        (np.full(12, 0.5), np.zeros(12), False),
    ],
    ids=["one recipe", "brightness", "contrast", "too few", "one odd image", "blank"],
)
def test_whether_lighting_varies(brightness, contrast, varies):
    assert brightness_varies(appearances(brightness, contrast)) is varies
