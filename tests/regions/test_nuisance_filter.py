"""Which regions look like reviewed harmless ones, and which are unlike all that was reviewed."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from semscan.regions.nuisance_filter import NuisanceRule, nuisance_rule, recorded_look, region_look
from semscan.values import Box, Measures, Region
from semscan.values.model.nuisance import DecidedRegion, NuisanceFilter, RegionLook
from semscan.values.record import RegionRecord


def look(area, name="residue", probability=0.95):
    """The look of a region of this logarithm of the area, all other measures alike."""
    return RegionLook(name, probability, (area, 0.2, 0.7, 1.0, 0.5, 0.1, 0.4))


def decided(harmless, real, name="residue"):
    return [
        DecidedRegion("0123abcd", look(area, name), is_real)
        for areas, is_real in ((harmless, False), (real, True))
        for area in areas
    ]


RULE = NuisanceRule(decided([6.0, 6.1, 6.2, 6.3], [8.0, 8.1]))


def test_the_nearer_a_harmless_region_and_the_further_a_real_one_the_higher_the_share():
    between, inside = RULE.shares([look(6.31), look(6.1)])

    assert 0.5 < between < inside <= 1


def test_a_region_further_from_harmless_ones_than_these_are_from_each_other_has_no_share():
    assert RULE.shares([look(7.0), look(5.0), look(60.0)]).tolist() == [0, 0, 0]


def test_a_region_of_a_class_without_harmless_ones_has_no_share():
    assert RULE.shares([look(6.1, "break")]).tolist() == [0]


def test_a_region_like_a_real_one_has_no_share():
    rule = NuisanceRule(decided([6.0, 6.1, 6.2], [6.1]))

    assert rule.shares([look(6.1)]).tolist() == [0]
    assert rule.shares([look(6.11)])[0] == pytest.approx(0.5)


def test_a_class_of_which_no_real_region_is_known_has_the_whole_share():
    rule = NuisanceRule(decided([6.0, 6.1], []) + decided([], [6.0], "break"))

    assert rule.shares([look(6.05)]).tolist() == [1]


@pytest.mark.parametrize("harmless", [[], [6.0]])
def test_too_few_harmless_regions_say_nothing_of_distances(harmless):
    assert NuisanceRule(decided(harmless, [8.0])).shares([look(6.01)]).tolist() == [0]


def test_no_looks_have_no_shares():
    assert RULE.shares([]).shape == (0,)


def test_many_looks_are_compared_in_blocks_and_have_the_same_shares(monkeypatch):
    looks = [look(5.9 + 0.01 * number) for number in range(40)]
    shares = RULE.shares(looks)
    monkeypatch.setattr("semscan.regions.nuisance_filter.BLOCK", 7)

    assert RULE.shares(looks).tolist() == shares.tolist()


def test_the_memory_of_the_comparison_does_not_grow_with_the_number_of_looks():
    rule = NuisanceRule(decided([6.0 + 0.001 * number for number in range(250)], [8.0] * 250))
    looks = [look(6.1)] * 6000
    tracemalloc.start()
    try:
        rule.shares(looks)
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()


def test_the_rule_of_a_filter_is_made_once():
    first, same = (NuisanceFilter(tuple(decided([6.0, 6.1], [8.0])), 0.5) for _ in range(2))

    assert nuisance_rule(first) is nuisance_rule(same)
    assert nuisance_rule(replace(first, decided=first.decided[:2])) is not nuisance_rule(first)


def region(**other):
    measures = Measures(10.0, 5.0, 0.0, 30.0, mean_grey=0.4, contrast=-0.1)
    known = {"class_name": "residue", "class_probability": 0.9, "measures": measures}
    return Region(Box(0, 0, 5, 10), 40, 0.75, 0.6, (2.0, 5.0), **(known | other))


def test_a_region_and_its_record_look_alike():
    of = RegionRecord(
        **{"id": 1, "bbox": (0, 0, 10, 5), "centroid": (5, 2), "area_px": 40, "peak": 0.75, "mean": 0.6},
        **{"class_name": "residue", "class_probability": 0.9, "feret_max_px": 10.0, "feret_min_px": 5.0},
        **{"mean_grey": 0.4, "contrast": -0.1},
    )

    assert region_look(region()) == recorded_look(of)
    assert recorded_look(of).measures == pytest.approx(
        (np.log(40), np.log(2), 0.8, np.log(3), np.log(1.5), -0.1, 0.4), abs=1e-12
    )


@pytest.mark.parametrize(
    "other",
    [{"class_name": None}, {"class_probability": None}, {"class_probability": 0.79}, {"measures": None}],
)
def test_a_region_without_a_sure_class_or_measures_has_no_look(other):
    assert region_look(region(**other)) is None


def test_a_region_without_surroundings_has_a_look_and_one_without_an_image_has_none():
    alone = Measures(10.0, 5.0, 0.0, 30.0, mean_grey=0.4)

    assert region_look(region(measures=alone)).measures[5] == 0
    assert region_look(region(measures=Measures(10.0, 5.0, 0.0, 30.0))) is None
