"""Quantiles of all pixels, without holding them."""

import numpy as np
import pytest

from semscan.scores.levels import EXCEEDED_BY, float32_below, froc_thresholds


@pytest.mark.parametrize("ties", [False, True])
def test_cuts_are_the_quantiles_of_all_maps_together(ties):
    rng = np.random.default_rng(1)
    maps = [rng.random((31, 17)).astype(np.float32) ** 3 for _ in range(5)]
    if ties:
        maps = [np.round(anomaly_map, 2) for anomaly_map in maps]
    whole = np.concatenate([anomaly_map.ravel() for anomaly_map in maps])

    expected = np.unique(np.quantile(whole.astype(np.float64), 1 - EXCEEDED_BY))
    np.testing.assert_allclose(froc_thresholds(lambda: iter(maps)), expected, rtol=0, atol=1e-12)


def test_a_map_of_zeros_has_one_cut():
    assert froc_thresholds(lambda: [np.zeros((8, 8), np.float32), -np.zeros((8, 8), np.float32)]).tolist() == [0]


def test_a_rounded_cut_parts_the_same_values():
    values = np.float32([0.1, 0.2, 0.3])
    for cut in (float(values[1]), np.nextafter(float(values[1]), 0), np.nextafter(float(values[1]), 1)):
        assert ((values > float32_below(cut)) == (values.astype(np.float64) > cut)).all()
