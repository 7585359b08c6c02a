import numpy as np
import pytest

from semscan.reference.die.compare import compare_pair
from semscan.reference.die.noise import NoiseByLevel, noise_by_level, remove_noise
from semscan.values import CleanImage


def test_noise_of_a_grey_level_that_occurs_near_edges_alone():
    rng = np.random.default_rng(0)
    level = np.repeat([0.2, 0.8], 20_000)
    # the dark pixels lie in narrow trenches: the calmest of them are steeper than all bright ones
    slope = np.concatenate([rng.uniform(0.02, 0.2, 20_000), rng.uniform(0, 0.02, 20_000)])
    noise = np.where(level < 0.5, 0.01, 0.03)
    sizes = np.abs(rng.normal(0, np.hypot(noise, 0.5 * np.maximum(slope - 0.07, 0))))

    measured = noise_by_level(sizes, level, slope).at(np.array([0.2, 0.8]))

    assert measured == pytest.approx([0.01, 0.03], rel=0.08)


def test_noise_is_averaged_away_and_edges_stay():
    rng = np.random.default_rng(1)
    clean = np.full((96, 96), 0.3, np.float32)
    clean[:, 40:] = 0.7
    noise = NoiseByLevel(np.array([0.3, 0.7]), np.array([0.02, 0.05]))
    noisy = (clean + np.where(clean < 0.5, 0.02, 0.05) * rng.standard_normal(clean.shape)).astype(np.float32)

    averaged = remove_noise(noisy, noise)

    assert averaged[8:-8, 8:32].std() < 0.3 * 0.02
    assert averaged[8:-8, 48:-8].std() < 0.3 * 0.05
    assert averaged[:, 39].mean() == pytest.approx(0.3, abs=0.02)
    assert averaged[:, 40].mean() == pytest.approx(0.7, abs=0.02)


def test_an_image_with_hardly_any_noise_is_left_alone():
    image = np.linspace(0, 1, 64 * 64, dtype=np.float32).reshape(64, 64)

    assert remove_noise(image, NoiseByLevel(np.array([0.0]), np.array([1e-3]))) is image


def _trenches(rng):
    """Make dark trenches 10 px wide with less noise than the bright areas between them."""
    signal = np.full((220, 220), 0.5, np.float32)
    for left in (30, 95, 160):
        signal[:, left : left + 10] = 0.15
    return signal, lambda: CleanImage(
        (signal + 0.07 * np.sqrt(signal / 0.5) * rng.standard_normal(signal.shape)).astype(np.float32),
        np.ones(signal.shape, bool),
    )


def test_a_faint_spot_in_a_narrow_dark_trench_is_found():
    found = []
    for seed in range(6):
        signal, image = _trenches(np.random.default_rng(seed))
        reference = image()
        rows, cols = np.mgrid[:220, :220]
        signal[np.hypot(rows - 110, cols - 99.5) < 2.6] += 0.1
        pair = compare_pair(image(), reference)
        found.append(pair.raw[106:115, 95:105].max() > pair.raw_threshold)

    assert sum(found) == 6


def test_trenches_without_a_defect_stay_below_the_threshold():
    for seed in range(6):
        _, image = _trenches(np.random.default_rng(seed))
        pair = compare_pair(image(), image())

        assert pair.raw.max() < 1.05 * pair.raw_threshold
