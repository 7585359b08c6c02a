"""Units of the same lattice position, and what chance reaches."""

import numpy as np
import pytest

from semscan.reference.cell.chance_threshold import chance_threshold
from semscan.reference.cell.lattice import find_lattice
from semscan.reference.cell.phase_map import measure_phases
from semscan.reference.cell.standardise import standardise


def test_a_place_that_always_varies_counts_less(stripes):
    image = stripes(20.0, noise=0.0)
    phase_map = measure_phases(image, find_lattice(image))
    rng = np.random.default_rng(2)
    dark = image < 0.4
    residual = np.where(dark, 0.2, 0.05).astype(np.float32) * rng.standard_normal(image.shape).astype(np.float32)
    (deviation,) = standardise(residual, phase_map, np.ones(image.shape, bool), (1.0,), image_deviation=0.2)
    middle = np.abs(image - 0.5) > 0.19  # away from the edges, where both meet

    assert deviation.values[dark & middle].std() == pytest.approx(1.0, abs=0.15)
    assert deviation.values[~dark & middle].std() == pytest.approx(1.0, abs=0.15)


def test_a_defect_is_not_erased_by_its_own_spread(dots):
    image = dots(22.0)
    phase_map = measure_phases(image, find_lattice(image))
    residual = 0.05 * np.random.default_rng(3).standard_normal(image.shape).astype(np.float32)
    residual[100:112, 100:112] += 0.2
    deviation = standardise(residual, phase_map, np.ones(image.shape, bool), image_deviation=0.2)[-1].values

    assert deviation[102:110, 102:110].min() > 10


def test_the_border_has_the_units_of_the_middle(dots):
    image = dots(22.0)
    phase_map = measure_phases(image, find_lattice(image))
    residual = 0.05 * np.random.default_rng(4).standard_normal(image.shape).astype(np.float32)
    deviation = standardise(residual, phase_map, np.ones(image.shape, bool), (2.5,), image_deviation=0.2)[0].values
    border = np.concatenate([deviation[0], deviation[-1], deviation[:, 0], deviation[:, -1]])

    assert border.std() == pytest.approx(1.0, abs=0.3)


def test_noise_crosses_the_level_of_chance_seldom():
    whole = np.ones((256, 256), bool)
    rng = np.random.default_rng(6)
    sizes = [np.abs(rng.standard_normal(whole.shape)).astype(np.float32) for _ in range(30)]

    assert sum(size.max() > chance_threshold(size, whole, 0.5) for size in sizes) <= 3


def test_longer_tails_raise_the_level():
    rng, whole = np.random.default_rng(7), np.ones((256, 256), bool)
    normal = np.abs(rng.standard_normal(whole.shape)).astype(np.float32)
    tailed = rng.exponential(0.8, whole.shape).astype(np.float32)

    assert chance_threshold(tailed, whole, 1.0) > 1.5 * chance_threshold(normal, whole, 1.0)


def test_a_defect_hardly_moves_the_level():
    rng, whole = np.random.default_rng(8), np.ones((256, 256), bool)
    size = np.abs(rng.standard_normal(whole.shape)).astype(np.float32)
    before = chance_threshold(size, whole, 1.0)
    size[100:130, 100:130] = 50

    assert chance_threshold(size, whole, 1.0) < 1.1 * before


def test_a_tiny_image_takes_the_level_of_noise():
    assert 3 < chance_threshold(np.zeros((30, 30), np.float32), np.ones((30, 30), bool), 1.0) < 6
