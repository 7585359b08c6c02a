"""How a training is fitted to its time, and what its record says."""

import types

import numpy as np
import pytest

from semscan.pipeline.training.fit import batch_in_time, falling_share


@pytest.mark.parametrize(("seconds", "batch"), [(10_000, 8), (700, 8), (300, 4), (100, 2), (1, 2)])
def test_little_time_makes_small_batches(seconds, batch):
    plan = types.SimpleNamespace(batch=8, steps=1000, validation=(np.zeros((4, 100, 100, 1)), {}))

    assert batch_in_time(plan, 50_000, seconds) == batch  # five patches a second


def test_a_small_batch_is_never_made_larger():
    plan = types.SimpleNamespace(batch=1, steps=1000, validation=(np.zeros((4, 100, 100, 1)), {}))

    assert batch_in_time(plan, 1.0, 1.0) == 1


def test_losses_that_are_not_finite_do_not_count():
    assert falling_share([4.0, 3.0, 2.0, 2.0, float("nan"), 1.0]) == 0.5
    assert falling_share([2.0, 1.0, 3.0, 3.0, 3.0]) == 0.0
    assert falling_share([float("nan"), 4.0, 3.0, 2.0, 1.0]) is None
