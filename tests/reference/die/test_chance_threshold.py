"""One map of the residuals of all scales: what a coarse scale shows is as large as that scale."""

from __future__ import annotations

import numpy as np
import pytest

from semscan.reference.die.chance_threshold import combine
from semscan.reference.die.residual import Residual

SHAPE = (64, 64)
AT = (30, 40)


def residual(scale, peak, seed):
    values = np.random.default_rng(seed).uniform(-2, 2, SHAPE).astype(np.float32)
    values[AT] = peak
    return Residual(scale, values, np.zeros(SHAPE, bool), 0.05)


@pytest.mark.parametrize(("fine", "coarse", "area"), [(12, 0, 1), (0, 12, 17), (0, 0, 0)])
def test_a_tip_at_a_coarse_scale_gets_the_extent_of_that_scale(fine, coarse, area):
    whole = np.ones(SHAPE, bool)
    raw, threshold, _ = combine([residual(1.0, fine, 1), residual(2.1, coarse, 2)], whole)
    rows, cols = np.nonzero(raw > threshold)

    assert rows.size == area
    if area:
        assert (rows.mean(), cols.mean()) == AT


def test_the_blur_of_a_defect_does_not_widen_it_at_a_lower_threshold():
    whole = np.ones(SHAPE, bool)
    rows, cols = np.mgrid[: SHAPE[0], : SHAPE[1]]
    far = np.hypot(rows - AT[0], cols - AT[1])
    fine, coarse = (residual(scale, 0, seed) for scale, seed in ((1.0, 1), (3.2, 2)))
    for found, reach in ((fine, 2.5), (coarse, 3.5)):
        found.values[far < 12] = 15 * np.exp(-((far[far < 12] / reach) ** 2))
    alone, threshold, _ = combine([fine], whole)
    both, _, _ = combine([fine, coarse], whole)

    for multiple in (1.0, 0.8, 0.6):
        assert (both > multiple * threshold).sum() == (alone > multiple * threshold).sum()
