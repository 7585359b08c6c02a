"""ImageAttention on arrays small enough to check by hand."""

import keras
import numpy as np
import pytest

from semscan.model import tf_import  # noqa: F401
from semscan.model.attention import ImageAttention

FEATURES = np.array([[[[0.0, 1.0], [2.0, 0.0]], [[0.0, 0.0], [0.0, 3.0]]]], np.float32)


def layer_with(mode, *, w, b, v, temperature=1.0):
    """A layer of known weights: W (2, 1), b (1,), v (1, 1)."""
    layer = ImageAttention(1, mode, temperature)
    layer.build(FEATURES.shape)
    layer.set_weights([np.array(w, np.float32), np.array(b, np.float32), np.array(v, np.float32)])
    return layer


def test_scores_are_v_tanh_of_the_projection():
    layer = layer_with("softmax", w=[[1.0], [0.0]], b=[0.5], v=[[2.0]])

    _, _, scores = layer(FEATURES)

    expected = 2 * np.tanh(FEATURES[..., :1] + 0.5)
    np.testing.assert_allclose(scores, expected, rtol=1e-5)


def test_zero_weights_give_the_plain_mean_over_positions():
    layer = layer_with("softmax", w=[[0.0], [0.0]], b=[0.0], v=[[0.0]])

    attended, weights, _ = layer(FEATURES)

    np.testing.assert_allclose(np.asarray(weights).ravel(), [0.25] * 4, rtol=1e-6)
    np.testing.assert_allclose(attended, [[0.5, 1.0]], rtol=1e-6)


def test_softmax_weights_sum_to_one_and_a_high_score_gets_all():
    layer = layer_with("softmax", w=[[1.0], [0.0]], b=[0.0], v=[[50.0]])

    attended, weights, _ = layer(FEATURES)

    assert np.asarray(weights).sum() == pytest.approx(1.0, abs=1e-6)
    np.testing.assert_allclose(attended, [[2.0, 0.0]], atol=1e-5)


def test_soft_mask_weighs_each_position_on_its_own():
    layer = layer_with("sigmoid", w=[[1.0], [0.0]], b=[0.0], v=[[1.0]])

    attended, weights, scores = layer(FEATURES)
    _, alone, _ = layer(FEATURES[:, :1])

    expected = 1 / (1 + np.exp(-np.tanh(FEATURES[..., :1])))
    np.testing.assert_allclose(weights, expected, rtol=1e-5)
    np.testing.assert_allclose(attended, FEATURES * expected, rtol=1e-5)
    np.testing.assert_allclose(alone, np.asarray(weights)[:, :1], rtol=1e-6)
    assert np.asarray(scores)[0, 1, 0, 0] == pytest.approx(0.0)


def test_temperature_divides_the_scores():
    warm = layer_with("softmax", w=[[1.0], [0.0]], b=[0.0], v=[[1.0]], temperature=4.0)
    plain = layer_with("softmax", w=[[1.0], [0.0]], b=[0.0], v=[[1.0]])

    np.testing.assert_allclose(np.asarray(warm(FEATURES)[2]) * 4, plain(FEATURES)[2], rtol=1e-5)


def test_one_layer_serves_any_image_size():
    layer = layer_with("sigmoid", w=[[1.0], [1.0]], b=[0.0], v=[[1.0]])

    assert layer(np.zeros((3, 5, 7, 2), np.float32))[1].shape == (3, 5, 7, 1)


def test_layer_comes_back_from_its_config():
    layer = ImageAttention(3, "sigmoid", 2.0, name="mask")

    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))

    assert (again.units, again.mode, again.temperature, again.name) == (3, "sigmoid", 2.0, "mask")


def test_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="'softmax', 'sigmoid' or 'null-softmax', got 'hard'"):
        ImageAttention(mode="hard")


def test_temperature_of_zero_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        ImageAttention(temperature=0)


def test_the_earlier_name_of_null_softmax_is_read():
    config = {**ImageAttention(3, "null-softmax").get_config(), "mode": "relative"}

    assert ImageAttention.from_config(config).mode == "null-softmax"


def test_weights_of_null_softmax_are_relative_to_the_largest_and_low_where_all_scores_are_below_zero():
    layer = layer_with("null-softmax", w=[[1.0], [0.0]], b=[0.0], v=[[3.0]])
    normal = layer_with("null-softmax", w=[[0.0], [0.0]], b=[1.0], v=[[-3.0]])

    attended, weights, scores = map(np.asarray, layer(FEATURES))

    np.testing.assert_allclose(weights, np.exp(scores - scores.max()), rtol=1e-5)
    np.testing.assert_allclose(attended, FEATURES * weights, rtol=1e-5)
    np.testing.assert_allclose(normal(FEATURES)[1], np.exp(-3 * np.tanh(1)), rtol=1e-5)
