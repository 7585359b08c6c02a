"""Each attention mechanism on arrays small enough to check by hand."""

import numpy as np
import pytest

from semscan.model.attention.base import null_softmax, softmax_over_positions
from semscan.model.attention.cbam import Cbam, SpatialAttention
from semscan.model.attention.dot_product import MultiplicativeAttention, ScaledDotAttention
from semscan.model.attention.feature_mask import FeatureMask
from semscan.model.attention.gate import AttentionGate
from semscan.model.attention.none import NoAttention
from semscan.model.attention.self_attention import SelfAttention
from semscan.model.attention.sequential import AttentionChain
from semscan.model.attention.squeeze_excite import ChannelAttention

FEATURES = np.array([[[[0.0, 1.0], [2.0, 0.0]], [[0.0, 0.0], [0.0, 3.0]]]], np.float32)
MEAN = np.float32([0.5, 1.0])
EYE = np.eye(2)


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, float)))


def given(layer, *weights, features=FEATURES):
    """The layer with these weights, called on `features`: attended, weights and scores as arrays."""
    if not layer.built:
        layer.build(features.shape)
    layer.set_weights(
        [np.asarray(w, np.float32).reshape(own.shape) for w, own in zip(weights, layer.weights, strict=True)]
    )
    return tuple(np.asarray(part) for part in layer(features))


def test_softmax_over_positions_is_taken_for_each_channel_separately():
    scores = np.zeros((1, 2, 2, 2), np.float32)
    scores[0, 0, 0] = [50, 0]

    np.testing.assert_allclose(softmax_over_positions(scores)[0, 0, 0], [1, 0.25], atol=1e-6)


def test_null_softmax_gives_the_largest_score_weight_one_only_if_it_is_above_zero():
    scores = np.float32([-2, -1, 3, 2]).reshape(1, 2, 2, 1)

    np.testing.assert_allclose(np.ravel(null_softmax(scores)), np.exp([-5, -4, 0, -1]), rtol=1e-5)
    np.testing.assert_allclose(np.ravel(null_softmax(scores - 4)), np.exp([-6, -5, -1, -2]), rtol=1e-5)


def test_feature_mask_has_a_weight_for_each_channel():
    attended, weights, scores = given(FeatureMask(), 2 * EYE, [0, 1])

    logits = 2 * FEATURES + [0, 1]
    np.testing.assert_allclose(weights, sigmoid(logits), rtol=1e-5)
    np.testing.assert_allclose(attended, FEATURES * sigmoid(logits), rtol=1e-5)
    np.testing.assert_allclose(scores[..., 0], logits.mean(axis=-1), rtol=1e-5)


def test_feature_mask_by_softmax_pools_each_channel_where_it_is_strongest():
    attended, weights, _ = given(FeatureMask("softmax"), 40 * EYE, [0, 0])

    np.testing.assert_allclose(attended, [[2, 3]], rtol=1e-5)
    np.testing.assert_allclose(weights.sum(axis=(1, 2)), [[1, 1]], rtol=1e-5)


def test_channel_attention_weighs_channels_by_the_patch_mean():
    w1, w2 = np.eye(2, 4), np.eye(4, 2)

    attended, weights, scores = given(ChannelAttention(), w1, [0] * 4, w2, [0, -1])

    np.testing.assert_allclose(weights, sigmoid(MEAN - [0, 1]).reshape(1, 1, 1, 2), rtol=1e-5)
    np.testing.assert_allclose(attended, FEATURES * weights, rtol=1e-5)
    np.testing.assert_allclose(scores[..., 0], attended.mean(axis=-1), rtol=1e-5)


def test_channel_attention_adds_the_maximum_as_cbam_does():
    _, weights, _ = given(ChannelAttention(extremes=True), np.eye(2, 4), [0] * 4, np.eye(4, 2), [0, 0])

    np.testing.assert_allclose(weights.ravel(), sigmoid([2.5, 4]), rtol=1e-5)


def test_scores_of_a_head_are_a_linear_map_of_the_attended_features():
    weights = np.eye(2, 4), [0] * 4, np.zeros((4, 2)), [0, 0], [3, -1], [0.5]

    attended, _, scores = given(ChannelAttention(head=True), *weights)

    np.testing.assert_allclose(scores[..., 0], attended @ [3, -1] + 0.5, rtol=1e-5)


def test_spatial_attention_uses_mean_and_maximum_of_the_channels():
    attended, weights, scores = given(SpatialAttention(kernel=1), [2, 1], [-1])

    np.testing.assert_allclose(scores.ravel(), [1, 3, -1, 5], rtol=1e-5)
    np.testing.assert_allclose(weights.ravel(), sigmoid([1, 3, -1, 5]), rtol=1e-5)
    np.testing.assert_allclose(attended, FEATURES * weights, rtol=1e-5)


def test_spatial_attention_uses_the_surroundings_of_a_position_within_its_kernel():
    kernel = np.zeros((3, 3, 2, 1))
    kernel[1, 2, 1] = 1  # the maximum, one position to the right

    _, _, scores = given(SpatialAttention(kernel=3), kernel, [0])

    np.testing.assert_allclose(scores.ravel(), [2, 0, 3, 0], rtol=1e-5)


def test_cbam_is_channel_then_spatial_attention():
    channel = np.eye(2, 4), [0] * 4, np.eye(4, 2), [0, -2]

    together = given(Cbam(kernel=1), *channel, [2, 1], [-1])

    left, _, _ = given(ChannelAttention(extremes=True), *channel)
    for one, other in zip(together, given(SpatialAttention(kernel=1), [2, 1], [-1], features=left), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)


def test_multiplicative_scores_are_bilinear_in_position_and_mean():
    attended, weights, scores = given(MultiplicativeAttention(), [[1, 0], [2, 1]], [0.5])

    expected = FEATURES @ (MEAN @ [[1, 0], [2, 1]]) + 0.5
    np.testing.assert_allclose(scores[..., 0], expected, rtol=1e-5)
    np.testing.assert_allclose(weights[..., 0], np.exp(expected) / np.exp(expected).sum(), rtol=1e-5)
    np.testing.assert_allclose(attended, (FEATURES * weights).sum(axis=(1, 2)), rtol=1e-5)


def test_scaled_dot_divides_by_the_root_of_the_keys_length():
    _, _, scores = given(ScaledDotAttention(units=4), np.eye(2, 4), 3 * np.eye(2, 4), [0])

    np.testing.assert_allclose(scores[..., 0], 3 * FEATURES @ MEAN / 2, rtol=1e-5)


def test_self_attention_with_zero_queries_adds_the_mean_of_all_values():
    attended, received, _ = given(SelfAttention(), 0 * EYE, EYE, EYE, 2 * EYE, [0, 1])

    np.testing.assert_allclose(attended, FEATURES + 2 * MEAN + [0, 1], rtol=1e-5)
    np.testing.assert_allclose(received, np.ones((1, 2, 2, 1)), rtol=1e-5)


def test_self_attention_mixes_values_by_softmax_of_scaled_products():
    attended, received, _ = given(SelfAttention(), EYE, EYE, EYE, EYE, [0, 0])

    flat = FEATURES.reshape(4, 2)
    mixing = np.exp(flat @ flat.T / np.sqrt(2))
    mixing /= mixing.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(attended.reshape(4, 2), flat + mixing @ flat, rtol=1e-5)
    np.testing.assert_allclose(received.ravel(), mixing.sum(axis=0), rtol=1e-5)


def test_each_head_has_its_own_channels():
    first = np.diag([9, 0])

    _, received, _ = given(SelfAttention(heads=2), first, first, EYE, EYE, [0, 0])

    assert received.shape == (1, 2, 2, 2)
    np.testing.assert_allclose(received[..., 1], np.ones((1, 2, 2)), rtol=1e-5)
    assert received[0, 0, 1, 0] > 1.5, "head 1 attends where channel 1 is high"


def test_self_attention_on_reduced_positions_gives_a_result_at_each_position():
    even = np.ones((1, 10, 8, 2), np.float32)

    attended, received, _ = given(SelfAttention(reduce=4), EYE, EYE, EYE, EYE, [0, 0], features=even)

    np.testing.assert_allclose(attended, 2 * even, rtol=1e-5)
    assert received.shape == (1, 10, 8, 1)


def test_heads_must_divide_the_channels():
    with pytest.raises(ValueError, match="3 heads do not divide 8 channels"):
        SelfAttention(heads=3).build((None, None, None, 8))


GATE = [[1, 0], [0, 1]], [[1], [1]], [0, -1], [2, -3], [0.5]


def test_gate_is_controlled_by_features_and_signal():
    signal = np.float32([1, 0, 2, 0]).reshape(1, 2, 2, 1)
    layer = AttentionGate(units=2)
    layer.build([signal.shape, FEATURES.shape])
    w = GATE[0], [[1, 1]], *GATE[2:]

    attended, weights, scores = given(layer, *w, features=[signal, FEATURES])

    hidden = np.maximum(FEATURES + signal + [0, -1], 0)
    np.testing.assert_allclose(scores[..., 0], hidden @ [2, -3] + 0.5, rtol=1e-5)
    np.testing.assert_allclose(attended, FEATURES * sigmoid(scores), rtol=1e-5)
    np.testing.assert_allclose(weights, sigmoid(scores), rtol=1e-5)


def test_a_joining_gate_adds_the_signal_and_starts_nearly_open():
    layer = AttentionGate(joins=True)
    layer.build([FEATURES.shape, FEATURES.shape])
    layer.wx.assign(0 * layer.wx)
    layer.wg.assign(0 * layer.wg)

    attended, weights, _ = layer([3 * FEATURES, FEATURES])

    np.testing.assert_allclose(weights, np.full((1, 2, 2, 1), sigmoid(2)), rtol=1e-5)
    np.testing.assert_allclose(attended, FEATURES * (3 + sigmoid(2)), rtol=1e-5)


def test_a_gate_without_signal_uses_the_surroundings():
    layer = AttentionGate(units=2)
    even = np.ones((1, 5, 6, 2), np.float32)

    _, _, scores = given(layer, EYE, EYE, [0, -1], [2, -3], [0.5], features=even)

    np.testing.assert_allclose(scores, np.full((1, 5, 6, 1), 2 * 2 - 3 * 1 + 0.5), rtol=1e-5)


def test_no_attention_is_the_plain_mean_or_zero():
    mean, uniform, _ = map(np.asarray, NoAttention()(FEATURES))
    zeros, weights, scores = given(NoAttention(pools=False, head=True), [1, -1], [2])

    np.testing.assert_allclose(mean, MEAN[None], rtol=1e-6)
    np.testing.assert_allclose(uniform.ravel(), [0.25] * 4, rtol=1e-6)
    assert not zeros.any()
    assert not weights.any()
    np.testing.assert_allclose(scores[..., 0], FEATURES @ [1, -1] + 2, rtol=1e-6)


def test_a_chain_returns_the_weights_of_the_part_that_scores_positions():
    channel, mask = ChannelAttention(), SpatialAttention(kernel=1)
    chain = AttentionChain([mask, channel])

    attended, weights, _ = chain(FEATURES)

    left, expected, _ = mask(FEATURES)
    np.testing.assert_allclose(weights, expected, rtol=1e-6)
    np.testing.assert_allclose(attended, channel(left)[0], rtol=1e-6)
    assert chain.scores_positions
    assert chain.replaces_features


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: FeatureMask("hard"), "got 'hard'"),
        (lambda: ChannelAttention(0), "ratio must be at least 1"),
        (lambda: SpatialAttention(4), "kernel must be odd"),
        (lambda: SelfAttention(heads=0), "at least 1"),
    ],
)
def test_invalid_settings_are_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()
