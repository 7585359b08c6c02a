"""Limits whose numbers are published; those of the NIST handbook are the examples of the module."""

import pytest

from semscan.control.limits import individuals_limits, rate_limits, share_limits


def test_one_value_or_equal_values_have_no_limits():
    assert individuals_limits([]) is None
    assert individuals_limits([5.0]) is None
    assert individuals_limits([0.1 + 0.2, 0.3, 0.3]) is None


def test_lengths_have_no_lower_limit_below_zero():
    values = [1.0, 3.0, 1.0, 3.0]

    assert individuals_limits(values).lower == pytest.approx(2 - 3 * 2 / 1.128)
    assert individuals_limits(values, are_lengths=True).lower is None
    assert individuals_limits(values, are_lengths=True).upper == pytest.approx(2 + 3 * 2 / 1.128)


def test_a_count_chart_is_the_rate_chart_of_one_unit():
    limits = rate_limits(20.0, 1.0)

    assert (limits.lower, limits.upper) == pytest.approx((20 - 3 * 20**0.5, 20 + 3 * 20**0.5))


def test_limits_of_a_rate_follow_the_size():
    """Montgomery, chapter 7: 74 errors in 20 weeks of 50 shipments."""
    limits = rate_limits(74 / 1000, 50)

    assert limits.upper == pytest.approx(0.1894, abs=1e-4)
    assert limits.lower is None, "-0.0414: no value lies below"
    assert rate_limits(0.074, 5000).lower is not None


def test_limits_of_a_share_end_where_shares_end():
    """Montgomery, chapter 7: 347 of 30 samples of 50 cans."""
    limits = share_limits(347 / 1500, 50)

    assert (limits.lower, limits.upper) == pytest.approx((0.0524, 0.4102), abs=2e-4)
    assert share_limits(0.01, 10).lower is None
    assert share_limits(0.99, 10).upper is None
