"""The size that would have been seen, against discs of known size planted in images of known noise."""

import cv2
import numpy as np
import pytest

from semscan.reference.die.compare import compare_pair
from semscan.reference.visible_size import NINE_IN_TEN, ScaleLimit, smallest_visible
from semscan.values import CleanImage


def test_at_a_small_scale_the_whole_contrast_shows_where_the_disc_is_large():
    limit = ScaleLimit(1.0, 0.02, 5.0)

    size = smallest_visible([limit], contrast=0.2)

    rows, cols = np.mgrid[-40:41, -40:41] / 8
    disc = (np.hypot(rows, cols) < size / 2).astype(np.float32)
    # a region has 4 px: what is shown is counted at the rim of a disc of 4 px, here 8 times enlarged
    shown = cv2.GaussianBlur(disc, (0, 0), 8)[40, 40 + round(8 * 1.128)]
    assert 0.2 * shown == pytest.approx(0.02 * (5 + NINE_IN_TEN), rel=0.05)


def test_all_larger_discs_are_seen_too():
    """The mean of the surroundings is subtracted: of a large disc the rim alone shows something."""
    limit = ScaleLimit(1.0, 0.03, 4.0, surroundings=3.0)

    assert smallest_visible([limit], contrast=0.8) is not None
    assert smallest_visible([limit], contrast=0.5) is None


def test_the_best_scale_counts_and_hopeless_noise_gives_none():
    fine, coarse = ScaleLimit(1.0, 0.05, 5.0), ScaleLimit(4.0, 0.01, 5.0)

    assert smallest_visible([fine]) is None
    assert smallest_visible([fine, coarse]) == smallest_visible([coarse])
    assert smallest_visible([coarse], contrast=0.4) < smallest_visible([coarse])


def lines(seed, noise=0.05):
    columns = 0.5 + 0.2 * np.sin(2 * np.pi * np.arange(256) / 24)
    return (columns + np.random.default_rng(seed).normal(0, noise, (256, 256))).astype(np.float32)


def with_disc(values, place, diameter, contrast=0.2):
    down, right = np.mgrid[: len(values), : values.shape[1]]
    return values + np.float32(contrast) * (np.hypot(down - place[0], right - place[1]) < diameter / 2)


def found(raw, threshold, place):
    return raw[place[0] - 3 : place[0] + 4, place[1] - 3 : place[1] + 4].max() > threshold


def test_more_noise_hides_larger_discs_in_a_pair():
    part = slice(160), slice(160)
    whole = np.ones((160, 160), bool)
    sizes = []
    for noise in (0.02, 0.06):
        pair = [CleanImage(lines(seed, noise)[part], whole) for seed in (1, 2)]
        sizes.append(compare_pair(*pair).smallest_px)

    assert sizes[0] < sizes[1]
    hits = 0
    for seed in range(4):
        place = (50 + 20 * seed, 80)
        inspected = with_disc(lines(1, 0.02)[part], place, 1.3 * sizes[0])
        result = compare_pair(CleanImage(inspected, whole), CleanImage(lines(2, 0.02)[part], whole))
        hits += found(result.raw, result.raw_threshold, place)
    assert hits >= 3
