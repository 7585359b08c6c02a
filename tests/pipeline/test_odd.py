"""Which training images look odd."""

import numpy as np
import pytest

from semscan.files.layout import find_layout
from semscan.pipeline.odd import Odd, look_again, look_first, odd_record, outliers, without_odd
from semscan.pipeline.trainset import open_good
from semscan.pipeline.witness import Evidence
from semscan.settings import ReadSettings


def texture(seed, shape=(96, 112)):
    return np.random.default_rng(seed).normal(110, 9, shape).clip(0, 255).astype(np.uint8)


def lines(seed, shape=(128, 128)):
    wave = 110 + 50 * np.sin(2 * np.pi * np.arange(shape[1]) / 14)
    return (wave + np.random.default_rng(seed).normal(0, 6, shape)).clip(0, 255).astype(np.uint8)


@pytest.fixture
def opened(tmp_path, save_png):
    def opened(images):
        for number, image in enumerate(images):
            save_png(tmp_path / "good" / f"{number:02d}.png", image)
        return open_good(find_layout(tmp_path), ReadSettings(), print)

    return opened


@pytest.mark.parametrize("kind", [texture, lines])
def test_good_images_are_not_odd(opened, kind):
    assert look_first(opened([kind(seed) for seed in range(12)])).odd == ()


def test_a_spot_and_another_contrast_are_named_with_their_reasons(opened):
    images = [texture(seed) for seed in range(12)]
    images[3][40:50, 40:52] = 235
    images[8] = (110 + 2.6 * (images[8].astype(float) - 110)).clip(0, 255).astype(np.uint8)
    found = opened(images)

    odd = {one.number: one.reason for one in look_first(found).odd}

    assert set(odd) == {3, 8}
    assert "a place in it is unlike all other images" in odd[3]
    assert "contrast 2." in odd[8]
    assert "noise 2." in odd[8]
    assert odd_record([Odd(3, "why", 1.0)], found) == [{"image": str(found.gallery.paths[3]), "reason": "why"}]


def test_a_broken_line_is_found_by_the_images_own_repeats(opened):
    images = [lines(seed, (192, 192)) for seed in range(9)]
    images[5][50:66, 42:56] = images[5][50:66, 42:56].mean()  # no brighter or darker than lines are

    look = look_first(opened(images))

    assert [one.number for one in look.odd] == [5]
    assert "does not repeat like the rest" in look.odd[0].reason
    assert look.compared == 9


def test_few_images_cannot_say_what_is_odd(opened):
    images = [texture(seed) for seed in range(4)]
    images[0][40:50, 40:52] = 235

    assert look_first(opened(images)).odd == ()


def test_the_network_names_the_image_in_which_it_sees_what_it_sees_in_no_other(opened):
    images = [texture(seed) for seed in range(12)]
    images[7][30:40, 30:40] = 255
    found = opened(images)

    odd, peaks = look_again(lambda image: Evidence(np.maximum(image.values - 0.5, 0) * 20), found.gallery, [7, 1])

    assert [one.number for one in odd] == [7]
    assert list(peaks)[:2] == [7, 1]
    assert len(peaks) == 12
    assert look_again(lambda image: Evidence(image.values), found.gallery, [])[0] == ()


def test_half_of_the_held_back_images_stay_whatever_they_look_like():
    held = [(n, 0, 0) for n in range(5)]
    odd = [Odd(n, "", float(n)) for n in range(5)]

    assert without_odd(held, odd) == ((0, 0, 0), (1, 0, 0), (2, 0, 0))
    assert without_odd(held, []) == tuple(held)
    assert without_odd([(0, 0, 9)], [Odd(0, "", 3.0)]) == ((0, 0, 9),)


def test_values_that_agree_make_no_outliers():
    assert outliers(np.array([1.0, 1.0, 1.0, 1.05]), deviations=5, spread=0.1, margin=0.0) == []
