"""Areas under curves, from positives in memory and negatives in parts."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from semscan.scores.ranking import CurveAccumulator, area_under, rank_scores


def tied_scores(seed, count=400):
    rng = np.random.default_rng(seed)
    wrong = rng.random(count) < 0.2
    return np.round(rng.random(count) + 0.3 * wrong, 1).astype(np.float32), wrong


@pytest.mark.parametrize("seed", range(4))
def test_areas_are_those_of_scikit_learn_with_many_ties(seed):
    scores, wrong = tied_scores(seed)
    ranking = rank_scores(scores, wrong)

    assert ranking.auroc() == pytest.approx(roc_auc_score(wrong, scores), abs=1e-12)
    assert ranking.average_precision() == pytest.approx(average_precision_score(wrong, scores), abs=1e-12)


def test_negatives_may_come_in_parts():
    scores, wrong = tied_scores(9)
    whole, parts = rank_scores(scores, wrong), CurveAccumulator(scores[wrong])
    for part in np.array_split(scores[~wrong], 7):
        parts.add(np.sort(part))

    assert parts.auroc() == whole.auroc()
    assert parts.average_precision() == whole.average_precision()


def test_a_perfect_order_gives_one_and_the_reverse_gives_nothing():
    scores = np.float32([0.1, 0.2, 0.8])
    perfect, reverse = (rank_scores(scores, np.array(wrong, bool)) for wrong in ([0, 0, 1], [1, 0, 0]))

    assert (perfect.auroc(), perfect.average_precision(), perfect.overlap(0.3)) == (1, 1, 1)
    assert (reverse.auroc(), reverse.overlap(0.3)) == (0, 0)
    assert reverse.average_precision() == pytest.approx(1 / 3)


def test_one_side_alone_has_no_area():
    for wrong in (True, False):
        ranking = rank_scores(np.float32([0.1, 0.2]), np.array([wrong, wrong]))
        assert (ranking.auroc(), ranking.average_precision(), ranking.overlap(0.3)) == (None, None, None)


def test_a_small_defect_counts_as_much_as_a_large_one():
    positives = np.float32([0.9] * 9 + [0.1])  # nine pixels of one defect, the only pixel of another
    ranking = CurveAccumulator(positives, np.array([1 / 9] * 9 + [1.0]))
    ranking.add(np.float32([0.5] * 10))

    assert ranking.overlap(1.0) == pytest.approx(0.5)
    assert ranking.auroc() == pytest.approx(0.9)


def test_the_area_ends_at_the_limit():
    across, up = np.array([0.0, 0.2, 1.0]), np.array([0.0, 1.0, 1.0])

    assert area_under(across, up, 0.5) == pytest.approx(0.1 + 0.3)


def test_what_no_threshold_reaches_within_the_limit_does_not_count():
    ranking = CurveAccumulator(np.float32([0.9, 0.0]))
    ranking.add(np.float32([0, 0, 0, 0]))  # half of the defect is as cold as all that is good

    assert ranking.overlap(0.3) == pytest.approx(0.5)
    assert ranking.auroc() == pytest.approx(0.75)
