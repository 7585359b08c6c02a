"""Deletion and insertion: the order of squares, the areas, and what they say."""

import numpy as np
import pytest

from semscan.scores.faithfulness import area_under, block_ranks, compare_curves

SHARES = (0.0, 0.25, 0.75, 1.0)


def weighed(most, least, *randoms):
    return compare_curves(SHARES, most, least, randoms or [(0.9, 0.6, 0.3, 0.1)], margin=0.1, fall=0.1)


def test_the_most_attended_square_comes_first_and_squares_share_a_rank():
    attention = np.zeros((4, 6))
    attention[0, 5] = 1
    rank = block_ranks(attention, np.ones((4, 6), bool), 2, np.random.default_rng(0))

    assert (rank[:2, 4:] == 0).all()
    assert sorted(set(rank.ravel().tolist())) == pytest.approx([n / 6 for n in range(6)])


def test_squares_that_are_not_judged_have_no_rank():
    judged = np.ones((4, 4), bool)
    judged[2:] = False
    rank = block_ranks(np.ones((4, 4)), judged, 2, np.random.default_rng(0))

    assert (rank[2:] == 2).all()
    assert set(rank[:2].ravel().tolist()) == {0, 0.5}


def test_area_is_by_trapezoids():
    assert area_under((0, 0.5, 1), (1, 1, 0)) == 0.75


def test_attention_that_carries_the_score_matters():
    found = weighed((0.9, 0.1, 0.1, 0.1), (0.9, 0.9, 0.9, 0.1))

    assert found["matters"] is True
    assert found["half_at"]["most"] == 0.125
    assert "matters" in found["said"]
    assert found["deletion_auc"]["most"] < found["deletion_auc"]["random"] < found["insertion_auc"]["most"]


def test_the_insertion_curve_is_the_deletion_of_the_others_read_from_its_end():
    curves = weighed((0.9, 0.1, 0.2, 0.1), (0.9, 0.8, 0.7, 0.1))["curves"]

    assert curves["insertion"]["most"] == [0.1, 0.7, 0.8, 0.9]
    assert curves["insertion"]["least"] == [0.1, 0.2, 0.1, 0.9]


def test_attention_no_better_than_chance_is_said_not_to_matter():
    found = weighed((0.9, 0.6, 0.3, 0.1), (0.9, 0.6, 0.3, 0.1))

    assert found["matters"] is False
    assert "does not matter" in found["said"]


def test_half_a_proof_is_none():
    out = weighed((0.9, 0.1, 0.1, 0.1), (0.9, 0.6, 0.3, 0.1))
    into = weighed((0.9, 0.6, 0.3, 0.1), (0.9, 0.9, 0.9, 0.1))

    assert (out["matters"], into["matters"]) == (False, False)
    assert "in part: without" in out["said"]
    assert "in part: the attended area alone" in into["said"]


@pytest.mark.parametrize(("whole", "background", "why"), [(0.2, 0.18, "no score to lose"), (0.9, 0.95, "as high")])
def test_without_a_fall_there_is_no_answer(whole, background, why):
    curve = (whole, whole, background, background)
    found = weighed(curve, curve, curve)

    assert found["matters"] is None
    assert why in found["said"]
