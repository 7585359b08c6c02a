"""How far a figure can be trusted."""

import numpy as np
import pytest
from scipy.stats import chi2

from semscan.poisson import poisson_interval
from semscan.scores.intervals import perfect_auroc_interval, resamples, share_interval, spread


@pytest.mark.parametrize("count", [0, 1, 7])
def test_the_poisson_interval_is_the_exact_one(count):
    low, high = poisson_interval(count, 4)

    assert low == pytest.approx(chi2.ppf(0.025, 2 * count) / 8 if count else 0)
    assert high == pytest.approx(chi2.ppf(0.975, 2 * count + 2) / 8)


def test_no_images_give_no_interval():
    assert poisson_interval(0, 0) is None
    assert spread(np.array([np.nan])) is None
    assert share_interval(0, 0, np.array([])) is None


def test_each_group_keeps_its_size_and_a_seed_its_draws():
    groups = np.array([True, False, False, True, False])
    drawn = resamples(groups, 50, seed=3)

    assert (drawn[:, groups].sum(axis=1) == 2).all()
    assert (drawn[:, ~groups].sum(axis=1) == 3).all()
    assert len(np.unique(drawn, axis=0)) > 5
    np.testing.assert_array_equal(drawn, resamples(groups, 50, seed=3))


def test_all_of_few_is_not_certain():
    assert share_interval(3, 3, np.ones(10)) == [pytest.approx(0.2924, abs=1e-4), 1]


def test_a_perfect_auroc_of_few_images_is_not_certain():
    few, more = perfect_auroc_interval(8, 18), perfect_auroc_interval(80, 180)

    assert few[1] == more[1] == 1
    assert 0.8 < few[0] < 0.85 < 0.97 < more[0] < 1
    low = few[0]  # where 1 is 1.96 standard deviations away
    variance = low * (1 - low) * (1 + 12 * ((1 - low) / (2 - low) + low / (1 + low))) / (8 * 18)
    assert (1 - low) / variance**0.5 == pytest.approx(1.96, abs=1e-3)
