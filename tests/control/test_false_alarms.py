"""How often an unchanged process passes its limits: the figures of docs/reports.md."""

import math

import numpy as np
import pytest

from semscan.control.limits import individuals_limits, rate_limits
from semscan.poisson import chance_of_at_least


@pytest.mark.parametrize(("baseline", "beyond"), [(8, 0.028), (20, 0.011), (50, 0.005)])
def test_limits_of_few_folders_are_passed_by_chance(baseline, beyond):
    values = np.random.default_rng(1).normal(10, 1, (2000, baseline + 100))
    limits = [individuals_limits(row) for row in values[:, :baseline].tolist()]
    lower = np.array([each.lower for each in limits])[:, None]
    upper = np.array([each.upper for each in limits])[:, None]
    later = values[:, baseline:]

    assert ((later < lower) | (later > upper)).mean() == pytest.approx(beyond, abs=0.002)


@pytest.mark.parametrize(("expected", "above"), [(0.3, 0.037), (1, 0.0037), (9, 0.0024)])
def test_rare_defects_pass_the_upper_limit_by_chance(expected, above):
    first_beyond = math.floor(rate_limits(expected, 1.0).upper) + 1

    assert chance_of_at_least(first_beyond, expected) == pytest.approx(above, rel=0.02)
