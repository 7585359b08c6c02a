"""Which training images look odd."""

import numpy as np
import pytest

from semscan.files.datasets.layout import find_layout
from semscan.pipeline.methods.base import MethodResult
from semscan.pipeline.training.data.dataset import open_good
from semscan.pipeline.training.data.split import HeldPart
from semscan.pipeline.training.outliers import (
    Outlier,
    find_outliers,
    find_outliers_with_model,
    outlier_notes,
    robust_outliers,
    without_outliers,
)
from semscan.settings import ReadSettings
from semscan.values.model.training import OutlierNote


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
    assert find_outliers(opened([kind(seed) for seed in range(12)])).outliers == ()


def test_a_spot_and_another_contrast_are_named_with_their_reasons(opened):
    images = [texture(seed) for seed in range(12)]
    images[3][40:50, 40:52] = 235
    images[8] = (110 + 2.6 * (images[8].astype(float) - 110)).clip(0, 255).astype(np.uint8)
    found = opened(images)

    odd = {one.number: one.reason for one in find_outliers(found).outliers}

    assert set(odd) == {3, 8}
    assert "a place in it is unlike all other images" in odd[3]
    assert "contrast 2." in odd[8]
    assert "noise 2." in odd[8]
    assert outlier_notes([Outlier(3, "why", 1.0)], found) == (OutlierNote(str(found.cache.paths[3]), "why"),)


def test_a_broken_line_is_found_by_the_images_own_repeats(opened):
    images = [lines(seed, (192, 192)) for seed in range(9)]
    images[5][50:66, 42:56] = images[5][50:66, 42:56].mean()  # no brighter or darker than lines are

    look = find_outliers(opened(images))

    assert [one.number for one in look.outliers] == [5]
    assert "does not repeat like the rest" in look.outliers[0].reason
    assert look.compared == 9


def test_few_images_cannot_say_what_is_odd(opened):
    images = [texture(seed) for seed in range(4)]
    images[0][40:50, 40:52] = 235

    assert find_outliers(opened(images)).outliers == ()


def test_the_network_names_the_image_in_which_it_sees_what_it_sees_in_no_other(opened):
    images = [texture(seed) for seed in range(12)]
    images[7][30:40, 30:40] = 255
    found = opened(images)

    odd, peaks = find_outliers_with_model(
        lambda image: MethodResult(np.maximum(image.values - 0.5, 0) * 20), found.cache, [7, 1]
    )

    assert [one.number for one in odd] == [7]
    assert list(peaks)[:2] == [7, 1]
    assert len(peaks) == 12
    assert find_outliers_with_model(lambda image: MethodResult(image.values), found.cache, [])[0] == ()


def test_half_of_the_held_back_images_stay_whatever_they_look_like():
    held = [HeldPart(n, 0, 0) for n in range(5)]
    odd = [Outlier(n, "", float(n)) for n in range(5)]

    assert without_outliers(held, odd) == ((0, 0, 0), (1, 0, 0), (2, 0, 0))
    assert without_outliers(held, []) == tuple(held)
    assert without_outliers([HeldPart(0, 0, 9)], [Outlier(0, "", 3.0)]) == ((0, 0, 9),)


def test_values_that_agree_make_no_outliers():
    assert robust_outliers(np.array([1.0, 1.0, 1.0, 1.05]), deviations=5, spread=0.1, margin=0.0) == []
