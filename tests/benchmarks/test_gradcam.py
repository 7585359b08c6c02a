"""Grad-CAM on networks small enough to check by hand."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from semscan.model.networks.attention_cnn import build_classifier
from semscan.model.tf_import import keras

_SPEC = importlib.util.spec_from_file_location("gradcam", Path(__file__).parents[2] / "benchmarks" / "gradcam.py")
_MODULE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)
defect_logit, gradcam = _MODULE.defect_logit, _MODULE.gradcam


def two_squares():
    """Features: what is bright, what is dark. Logits: good is 0; the defect likes bright on average."""
    patch = keras.Input((None, None, 1))
    features = keras.layers.Conv2D(2, 1, use_bias=False, name="features")(patch)
    pooled = keras.layers.GlobalAveragePooling2D()(features)
    network = keras.Model(patch, {"logits": keras.layers.Dense(2, name="classifier")(pooled)})
    network.get_layer("features").set_weights([np.float32([[[[1, -1]]]])])
    network.get_layer("classifier").set_weights([np.float32([[0, 3], [0, 0]]), np.zeros(2, np.float32)])
    return network


def test_map_is_the_features_weighted_by_their_gradient():
    tiles = np.zeros((1, 4, 4), np.float32)
    tiles[0, 1, 2], tiles[0, 3, 3] = 2, -5

    cam = gradcam(two_squares(), tiles, good=0, layer="features")

    expected = np.zeros((4, 4))
    expected[1, 2] = 2 * 3 / 16  # the gradient of a mean over 16 positions
    np.testing.assert_allclose(cam[0], expected, rtol=1e-5)


def test_images_of_a_batch_are_independent():
    tiles = np.random.default_rng(0).normal(size=(3, 16, 16)).astype(np.float32)
    keras.utils.set_random_seed(0)
    network = build_classifier(classes=3, good=0)

    together = gradcam(network, tiles, good=0)

    assert together.shape == tiles.shape
    assert together.min() >= 0
    np.testing.assert_allclose(gradcam(network, tiles[1:2], good=0)[0], together[1], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(("good", "expected"), [(1, 5.0), (None, 4.0), (0, 3.0)])
def test_target_is_the_best_defect_minus_the_good_class(good, expected):
    logits = np.array([[1.0, -1.0, 4.0]], np.float32)

    assert float(defect_logit(logits, good)[0]) == pytest.approx(expected)
