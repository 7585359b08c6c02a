"""Losses on arrays with known answers."""

import numpy as np
import pytest

from semscan.model.training import losses


def test_map_loss_is_lowest_for_the_right_map():
    label = np.zeros((1, 32, 32, 1), np.float32)
    label[0, 4:9, 4:9] = 1

    right, empty, wrong = (
        float(losses.map_loss(label, logits)) for logits in (20 * label - 10, 0 * label - 10, 10 - 20 * label)
    )

    assert right < 0.02 < empty < wrong


def test_one_high_pixel_costs_more_than_its_share_of_the_mean():
    label = np.zeros((1, 32, 32, 1), np.float32)
    high = np.full_like(label, -10.0)
    high[0, 3, 3] = 8

    cost = float(losses.map_loss(label, high)) - float(losses.map_loss(label, np.full_like(label, -10.0)))

    assert cost > 10 * 3 * 8 / label.size / 3


def test_coarse_loss_uses_the_label_pooled_to_16_px():
    label = np.zeros((1, 32, 32, 1), np.float32)
    label[0, 20, 3] = 1
    scores = np.array([[-9.0, -9.0], [9.0, -9.0]], np.float32).reshape(1, 2, 2, 1)

    assert float(losses.coarse_loss(label, scores)) == pytest.approx(np.log1p(np.exp(-9)), rel=1e-3)


def test_structural_loss_is_zero_for_a_perfect_reconstruction():
    good = np.random.default_rng(0).normal(size=(2, 64, 64, 1)).astype(np.float32)

    assert float(losses.structural_loss(good, good)) == pytest.approx(0, abs=1e-5)
    assert float(losses.structural_loss(good, -good)) > 1


def test_evidence_in_images_not_labelled_good_costs_nothing():
    margin = np.full((2, 8, 8, 1), 5.0, np.float32)

    only_defects = float(losses.good_everywhere(np.zeros((2, 1), np.float32), margin))
    one_good = float(losses.good_everywhere(np.array([[1.0], [0.0]], np.float32), margin))

    assert only_defects == 0
    assert one_good == pytest.approx(1.5 * np.log1p(np.exp(5)), rel=1e-4)
