"""The middle of dies has no defect of any, and less noise than each."""

import numpy as np
import pytest

from semscan.reference.lot.middle import Lot

SPOT = (slice(20, 34), slice(30, 44))


def noisy(dies, seed=0, noise=0.05):
    """Dies of one grey level that differ by their noise, valid everywhere."""
    values = np.random.default_rng(seed).normal(0.5, noise, (dies, 60, 80)).astype(np.float32)
    return Lot(values, np.ones(values.shape, bool))


@pytest.mark.parametrize("height", [0.4, -0.4])
def test_a_defect_of_one_of_three_others_leaves_no_trace(height):
    lot = noisy(4)
    lot.values[1][SPOT] += height
    inside = lot.middle(without=0).image.values[SPOT]

    # a median by pixels is the larger or the smaller of the two good ones: 0.56 of 0.05 away from 0.5
    assert abs(float(np.median(lot.values[1:], axis=0)[SPOT].mean()) - 0.5) > 0.02
    assert float(inside.mean()) == pytest.approx(0.5, abs=0.008)


def test_defects_of_two_of_seven_others_at_one_place_leave_no_trace():
    lot = noisy(8)
    lot.values[1][SPOT] += 0.4
    lot.values[5][SPOT] += 0.2

    assert float(lot.middle(without=0).image.values[SPOT].mean()) == pytest.approx(0.5, abs=0.008)


def test_the_die_that_is_left_out_does_not_count():
    lot = noisy(4)
    changed = Lot(lot.values.copy(), lot.valid)
    changed.values[2] += 0.3

    assert np.array_equal(lot.middle(without=2).image.values, changed.middle(without=2).image.values)


@pytest.mark.parametrize(("others", "kept"), [(3, 2), (7, 5), (15, 11)])
def test_the_noise_is_that_of_the_mean_of_those_kept(others, kept):
    noise = float(noisy(others + 1).middle(without=0).image.values.std())

    assert noise == pytest.approx(0.05 / np.sqrt(kept), rel=0.06)


def test_it_is_trusted_where_three_dies_and_half_of_all_show_the_place():
    lot = noisy(9)
    lot.valid[2:, :, :20] = False  # of 8 others, 1 shows columns 0 to 19
    lot.valid[4:, :, 20:40] = False  # 3 show columns 20 to 39
    lot.valid[5:, :, 40:60] = False  # 4 show columns 40 to 59
    middle = lot.middle(without=0)

    assert middle.trusted[0].tolist() == [False] * 40 + [True] * 40
    assert middle.image.judged.all()


def test_what_no_other_die_shows_is_not_judged():
    lot = noisy(4)
    lot.valid[1:, :, :20] = False
    middle = lot.middle(without=0)

    assert not middle.image.judged[:, :20].any()
    assert (middle.image.values[:, :20] == 0).all()
    assert np.isfinite(middle.image.values).all()
