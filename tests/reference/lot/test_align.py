"""The images of a lot on one field."""

from dataclasses import replace

import numpy as np
import pytest

from semscan.reference.lot.align import align_lot
from semscan.reference.lot.same_place import same_place

CORNERS = [(30, 30), (14, 46), (42, 20), (36, 44), (22, 24)]


def aligned(images):
    group = same_place(images)
    assert list(group) == list(range(len(images)))
    return align_lot(images, list(group.values()))


def test_the_field_is_what_three_of_the_images_reach(die):
    lot = aligned([die(corner, n) for n, corner in enumerate(CORNERS)])
    rows, cols = lot.values.shape[1:]

    # rows from 30 to 30 + 150, columns from 30 to 30 + 140 of the texture: the third of five on each side
    assert (rows, cols) == (pytest.approx(150, abs=3), pytest.approx(140, abs=3))
    assert lot.valid[:, 25:-25, 25:-25].all()


def test_other_brightness_contrast_and_shading_become_those_of_the_first(die, noise_free):
    images = [die(corner, n) for n, corner in enumerate(CORNERS)]
    ramp = np.linspace(-0.05, 0.05, 140, dtype=np.float32)
    images[1] = replace(images[1], values=0.1 + 0.7 * images[1].values)
    images[3] = replace(images[3], values=images[3].values + ramp)
    lot = aligned(images)
    wanted = noise_free(1)[30 + 30 : 30 + 120, 30 + 30 : 30 + 110]

    for values in lot.values:
        difference = values[30:120, 30:110] - wanted
        assert abs(float(difference.mean())) < 0.01
        assert float(difference.std()) < 0.05


def test_the_middle_has_less_noise_than_a_die(die, noise_free):
    lot = aligned([die(corner, n) for n, corner in enumerate(CORNERS)])
    difference = lot.middle().image.values[30:120, 30:110] - noise_free(1)[60:150, 60:140]

    assert float(difference.std()) < 0.02  # each die has 0.03


def test_an_image_that_hardly_reaches_the_field_of_the_others_is_not_valid(die):
    corners = [(10, 70), (10, 5), (10, 138), (10, 140), (10, 136)]  # the second shares 35 columns with the first alone
    lot = aligned([die(corner, n, shape=(150, 100)) for n, corner in enumerate(corners)])

    assert not lot.valid[1].any()
    assert lot.valid[[0, 2, 3, 4]].any(axis=(1, 2)).all()
    assert lot.middle().trusted.any()


def test_sizes_may_differ_and_what_is_not_judged_is_not_valid(die):
    images = [die(corner, n) for n, corner in enumerate(CORNERS)]
    images[2] = die((50, 45), 2, shape=(110, 100))
    judged = images[4].judged.copy()
    judged[60:90, 50:80] = False
    images[4] = replace(images[4], judged=judged)
    lot = aligned(images)

    assert lot.valid[2].sum() == pytest.approx(110 * 100, rel=0.1)
    # of the texture, the field shows rows from 30 and columns from 44, the third corner of five
    assert not lot.valid[4, 22 + 65 - 30 : 22 + 85 - 30, 24 + 55 - 44 : 24 + 75 - 44].any()
    assert (lot.values[~lot.valid] == 0).all()
