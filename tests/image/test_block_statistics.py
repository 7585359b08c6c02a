"""Which image holds a place unlike all others."""

import numpy as np
import pytest

from semscan.image.block_statistics import block_features, most_unusual_blocks


def noise(seed, shape=(128, 160)):
    return (0.5 + np.random.default_rng(seed).normal(0, 0.05, shape)).astype(np.float32)


def test_the_image_with_a_spot_is_the_most_unusual_by_far():
    images = [noise(seed) for seed in range(10)]
    images[4][60:72, 80:92] += 0.4

    far = most_unusual_blocks([block_features(image) for image in images])

    assert np.argmax(far) == 4
    assert far[4] - np.delete(far, 4).max() > np.log(2)


@pytest.mark.parametrize("shape", [(128, 160), (20, 50), (33, 31), (3000, 40)])
def test_any_size_gives_features(shape):
    features = block_features(noise(0, shape))

    assert features.shape[1] == 8
    assert len(features) >= 1
    assert np.isfinite(features).all()


def test_flat_images_are_not_unusual():
    flat = [block_features(np.full((64, 64), 0.5, np.float32))] * 3

    assert np.ptp(most_unusual_blocks(flat)) == 0
