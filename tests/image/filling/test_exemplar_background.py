"""Squares copied from elsewhere in the image: real texture, never from an area to avoid."""

import numpy as np

from semscan.image.filling.exemplar_background import exemplar_background


def test_what_is_filled_in_keeps_the_noise_of_the_image():
    rng = np.random.default_rng(0)
    noisy = rng.normal(0.5, 0.1, (64, 64)).astype(np.float32)
    filled = exemplar_background(noisy, np.ones((64, 64), bool), np.zeros((64, 64), bool), block=16, reach=32)

    inside = filled[6:10, 6:10]  # away from the blended rims
    assert not np.allclose(filled, noisy)
    places = np.lib.stride_tricks.sliding_window_view(noisy, inside.shape)
    assert np.abs(places - inside).max(axis=(2, 3)).min() < 1e-5  # a piece of it, as it is
    assert 0.07 < filled.std() < 0.11


def test_nothing_is_borrowed_from_an_odd_place():
    image = np.full((64, 80), 0.2, np.float32)
    image[20:26, 30:38] = 1
    filled = exemplar_background(image, np.ones_like(image, bool), image > 0.5, block=16, reach=40)

    assert filled.max() < 0.21


def test_what_is_not_judged_stays_and_gives_nothing():
    image = np.full((64, 48), 0.2, np.float32)
    image[48:] = 1
    judged = image < 0.5
    filled = exemplar_background(image, judged, np.zeros_like(judged), block=16, reach=64)

    np.testing.assert_allclose(filled[:40], 0.2, atol=1e-5)
    np.testing.assert_allclose(filled[52:], 1)
