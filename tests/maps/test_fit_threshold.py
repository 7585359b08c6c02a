"""The threshold keeps its promise on maps whose statistics are known."""

from functools import cache

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from semscan.maps.fit_threshold import fit_threshold


@cache
def quiet_map(seed):
    """A stationary raw map: softplus of smooth Gaussian noise; not to be changed."""
    field = gaussian_filter(np.random.default_rng(seed).standard_normal((128, 128)), 2.0)
    return np.logaddexp(0, 3 * field / field.std() - 6).astype(np.float32)


def everywhere(maps):
    return [np.ones(m.shape, bool) for m in maps]


def false_regions(maps, threshold):
    from scipy.ndimage import label

    total = 0
    for raw in (one for one in maps if one.max() > threshold):
        areas = np.bincount(label(raw > threshold, np.ones((3, 3)))[0].ravel())[1:]
        total += int((areas >= 4).sum())
    return total / len(maps)


def test_many_images_reach_the_wanted_rate_on_fresh_ones():
    maps = [quiet_map(seed) for seed in range(60)]

    fitted = fit_threshold(maps, everywhere(maps), false_alarms=0.5)
    threshold, reached = fitted.raw_threshold, fitted.reached

    assert fitted.rule == "counted"
    assert reached == pytest.approx(0.5, abs=0.25)
    assert false_regions([quiet_map(seed) for seed in range(100, 200)], threshold) == pytest.approx(0.5, abs=0.3)


def test_few_images_continue_the_tail_to_a_rate_they_cannot_show():
    rates = []
    fresh = [quiet_map(seed) for seed in range(1000, 1200)]
    for start in range(0, 60, 6):
        maps = [quiet_map(seed) for seed in range(start, start + 6)]
        fitted = fit_threshold(maps, everywhere(maps), false_alarms=0.1)
        assert fitted.rule == "tail"
        rates.append(false_regions(fresh, fitted.raw_threshold))

    assert np.median(rates) < 0.25
    assert np.mean(rates) > 0.005


def test_only_the_held_out_area_counts():
    raw = quiet_map(1).copy()
    raw[:, :64] = 50
    area = np.zeros(raw.shape, bool)
    area[:, 64:] = True

    fitted = fit_threshold([raw], [area], false_alarms=0.1)
    threshold = fitted.raw_threshold

    assert threshold < 20


def test_the_rate_is_that_of_what_is_judged_of_an_image():
    maps = [quiet_map(seed) for seed in range(60)]
    areas = [np.pad(np.ones((128, 64), bool), ((0, 0), (64, 0))) for _ in maps]

    judged = fit_threshold(maps, areas, [128 * 64] * 60, false_alarms=0.5)
    shares = fit_threshold(maps, areas, false_alarms=0.5)

    assert (judged.worth, shares.worth) == (60, 30)
    assert (
        false_regions([raw * area for raw, area in zip(maps, areas, strict=True)], judged.raw_threshold)
        == judged.reached
    )
    assert judged.reached == pytest.approx(0.5, abs=0.1)
    assert judged.raw_threshold < shares.raw_threshold


def test_threshold_never_falls_below_the_floor():
    maps = [np.full((64, 64), 1e-6, np.float32)]

    fitted = fit_threshold(maps, everywhere(maps), false_alarms=0.1, floor=0.7)
    threshold, reached = fitted.raw_threshold, fitted.reached

    assert fitted.rule == "floor"
    assert threshold == pytest.approx(0.7)
    assert reached == 0


def test_threshold_never_rises_above_what_the_network_can_reach():
    maps = [quiet_map(seed) for seed in range(3)]

    fitted = fit_threshold(maps, everywhere(maps), false_alarms=1e-4)
    free = fitted.raw_threshold
    fitted = fit_threshold(maps, everywhere(maps), false_alarms=1e-4, ceiling=0.5)
    capped, reached = fitted.raw_threshold, fitted.reached

    assert fitted.rule == "ceiling"
    assert free > 0.5
    assert capped == pytest.approx(0.5)
    assert reached == pytest.approx(false_regions(maps, 0.5))


def test_a_ceiling_below_the_floor_is_named_as_the_rule():
    maps = [quiet_map(seed) for seed in range(3)]
    fitted = fit_threshold(maps, everywhere(maps), false_alarms=1e-4, ceiling=0.2, floor=0.5)

    assert (fitted.raw_threshold, fitted.rule) == (0.5, "ceiling")
    assert fitted.reached > 0


def test_a_floor_above_what_was_asked_for_is_the_rule_whatever_the_ceiling():
    maps = [np.random.default_rng(0).uniform(0, 0.1, (64, 64)).astype(np.float32)]
    fitted = fit_threshold(maps, everywhere(maps), false_alarms=1e-4, ceiling=0.05, floor=0.3)

    assert (fitted.raw_threshold, fitted.rule) == (0.3, "floor")


def test_an_extrapolated_threshold_has_a_lower_ceiling_than_a_counted_one():
    few = [quiet_map(seed) for seed in range(3)]
    many = [quiet_map(seed) for seed in range(60)]

    guessed = fit_threshold(few, everywhere(few), false_alarms=1e-4, ceiling=9.0, tail_ceiling=0.5)
    counted = fit_threshold(many, everywhere(many), false_alarms=0.5, ceiling=9.0, tail_ceiling=0.01)

    assert (guessed.raw_threshold, guessed.rule) == (0.5, "ceiling")
    assert counted.raw_threshold > 0.01
    assert counted.rule == "counted"


@pytest.mark.parametrize(("images", "wanted"), [(1, 0.3), (4, 0.1), (4, 1.0)])
def test_on_average_further_images_keep_the_rate_that_few_were_to_set(images, wanted):
    fresh = [quiet_map(seed) for seed in range(1000, 1060)]
    rates = {False: [], True: []}
    for start in range(0, 15 * images, images):
        maps = [quiet_map(seed) for seed in range(start, start + images)]
        for on_average, found in rates.items():
            fitted = fit_threshold(maps, everywhere(maps), false_alarms=wanted, on_average=on_average)
            found.append(false_regions(fresh, fitted.raw_threshold))

    assert np.mean(rates[True]) == pytest.approx(wanted, rel=0.5)
    assert np.mean(rates[True]) <= np.mean(rates[False])


def test_on_average_the_images_themselves_show_no_more_than_wanted_where_they_are_counted():
    maps = [quiet_map(seed) for seed in range(15)]

    fitted = fit_threshold(maps, everywhere(maps), false_alarms=0.3, on_average=True)

    assert fitted.rule == "counted"
    assert fitted.reached <= 0.3


@pytest.mark.parametrize("spots", [0, 1, 2])
def test_on_average_a_few_regions_give_a_finite_threshold_above_them(spots):
    raw = np.zeros((64, 64), np.float32)
    for n in range(spots):
        raw[8 + 20 * n : 12 + 20 * n, 8:12] = 2.0 + n

    fitted = fit_threshold([raw], everywhere([raw]), false_alarms=0.1, floor=0.5, on_average=True)

    assert np.isfinite(fitted.raw_threshold)
    assert 0.5 <= fitted.raw_threshold < 20
    assert fitted.reached == 0
