from dataclasses import replace

import numpy as np
import pytest

from semscan.settings import SynthSettings
from semscan.synth.simulator.image import make_image

SMALL = SynthSettings(rows=96, cols=128)


def test_same_seed_gives_the_same_image():
    one, two = (make_image(SMALL, ["bridge"], key="a", index=2) for _ in range(2))

    np.testing.assert_array_equal(one.pixels, two.pixels)
    np.testing.assert_array_equal(one.mask, two.mask)


@pytest.mark.parametrize("other", [{"key": "b"}, {"index": 3}])
def test_another_name_gives_another_image(other):
    one, two = make_image(SMALL, key="a", index=2), make_image(SMALL, **{"key": "a", "index": 2, **other})

    assert (one.pixels != two.pixels).mean() > 0.5


def test_another_seed_gives_another_image():
    one, two = make_image(SMALL), make_image(replace(SMALL, seed=1))

    assert (one.pixels != two.pixels).mean() > 0.5


def test_planting_leaves_the_pattern_and_the_optics_as_they_were():
    good, defective = make_image(SMALL, key="a"), make_image(SMALL, ["particle"], key="a")

    np.testing.assert_array_equal(good.clean, defective.clean)


def test_image_has_the_asked_size_and_depth():
    image = make_image(replace(SMALL, bits=16))

    assert image.pixels.shape == (96, 128)
    assert image.pixels.dtype == np.uint16
    assert np.unique(image.pixels).size > 1000
    assert image.pixels.max() > 40000


def test_grey_levels_use_the_scale_without_clipping_much():
    image = make_image(SynthSettings())

    assert image.pixels.dtype == np.uint8
    assert np.mean((image.pixels == 0) | (image.pixels == 255)) < 0.02
    assert np.percentile(image.pixels, 99) - np.percentile(image.pixels, 1) > 120


def test_images_of_one_recipe_differ_in_brightness_and_phase():
    means = [make_image(SMALL, index=k).pixels.mean() for k in range(8)]
    first_rows = [make_image(replace(SMALL, dose=1e5), index=k).clean[0] for k in range(2)]

    assert 0.5 < np.std(means) < 15
    assert np.abs(first_rows[0] - first_rows[1]).max() > 0.2
