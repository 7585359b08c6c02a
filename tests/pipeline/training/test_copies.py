"""Copies among training images are found in any orientation and depth; images of one pattern are no copies."""

import cv2
import numpy as np
import pytest

from semscan.pipeline.training.data import copies
from semscan.pipeline.training.data.copies import without_copies
from semscan.pipeline.training.data.split import split_good


class Images(list):
    """An image source."""

    def shape(self, number):
        return self[number].shape

    def ignored_mask(self, number):
        return None


def shots(count, shape=(97, 120), noise=0.05):
    """Images of one pattern of lines, each with its own noise."""
    rng = np.random.default_rng(4)
    lines = 0.5 + 0.3 * np.sign(np.sin(np.arange(shape[1]) * 0.4)) * np.ones(shape)
    lines = cv2.GaussianBlur(lines, (0, 0), 1.0)
    return Images((lines + noise * rng.standard_normal(shape)).astype(np.float32) for _ in range(count))


@pytest.mark.parametrize("shape", [(97, 120), (96, 96), (51, 40)])
def test_copies_are_found_however_they_are_turned(shape):
    images = shots(3, shape)
    images += [images[0], images[1][::-1], np.rot90(images[2]), images[0][::-1, ::-1], images[1].T]
    images += [np.round(images[2] * 255) / 255, images[0] * 0.7 + 0.1, images[1].astype(np.float16)]

    assert without_copies(images, range(len(images))) == [0, 1, 2]


def test_images_of_one_pattern_are_no_copies():
    images = shots(12)

    assert without_copies(images, range(12)) == list(range(12))
    assert without_copies(images, [5]) == [5]


def test_a_pattern_without_noise_is_not_taken_for_copies():
    assert without_copies(shots(8, noise=0.0), range(8)) == list(range(8))


def test_among_very_many_images_copies_are_not_looked_for(monkeypatch):
    monkeypatch.setattr(copies, "MOST", 2)
    images = shots(1) * 3

    assert without_copies(images, range(3)) == [0, 1, 2]


@pytest.mark.parametrize("count", [3, 12])
def test_copies_are_neither_trained_on_nor_held_out(count):
    images = shots(count)
    images += [images[0], np.rot90(images[1], 2)]
    split = split_good(images, share=0.2, few=8, seed=0, originals=without_copies(images, range(len(images))))

    used = {part.number for part in split.parts} | {part.number for part in split.held}
    assert used == set(range(count))
    assert split.description.endswith(f"{count} good images, without 2 copies of others")
