"""SEAM on arrays with known answers, and as a training step."""

import numpy as np
import pytest

from semscan.model.networks import seam
from semscan.model.networks.attention_cnn import build_classifier
from semscan.model.tf_import import keras, tf
from semscan.model.training import losses

SQUARE = np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)


def test_the_second_view_is_half_as_large_and_mirrored():
    still, turned = (
        np.asarray(seam.second_view(SQUARE, tf.constant(m)))[0, :, :, 0] for m in ((False, False), (True, True))
    )

    np.testing.assert_allclose(still, [[2.5, 4.5], [10.5, 12.5]])
    np.testing.assert_allclose(turned, still[::-1, ::-1])


def test_relative_cam_is_divided_by_the_maximum_of_its_own_patch():
    cam = np.concatenate([SQUARE, 10 * SQUARE])

    np.testing.assert_allclose(seam.relative_to_maximum(cam), np.concatenate([SQUARE, SQUARE]) / 15, atol=1e-5)


def test_cross_loss_uses_the_largest_fifth_and_trains_only_the_refined_map():
    plain, refined = tf.Variable(tf.zeros((1, 3, 3, 1))), tf.Variable(tf.reshape(tf.range(9.0), (1, 3, 3, 1)))

    with tf.GradientTape() as tape:
        loss = seam.cross_loss(plain, refined)
    to_plain, to_refined = tape.gradient(loss, [plain, refined])

    assert float(loss) == pytest.approx((8 + 7) / 2)
    assert to_plain is None
    assert np.count_nonzero(to_refined) == 2


def test_equivariance_is_the_mean_absolute_difference():
    assert float(seam.equivariance(SQUARE, SQUARE + 0.5)) == pytest.approx(0.5)


def test_pixel_correlation_gives_similar_positions_their_mean():
    cam = np.float32([1, 0, 0.5, 0.5]).reshape(1, 1, 4, 1)
    features = np.float32([[1, 0], [1, 0], [0, 1], [0, 1]]).reshape(1, 1, 4, 2)
    layer = seam.PixelCorrelation(units=2, stride=1, reduce=1)
    layer.build([cam.shape, features.shape, cam.shape])
    layer.e.assign([[1, 0], [0, 1], [0, 0]])

    np.testing.assert_allclose(layer([cam, features, cam]), [[[[0.5], [0.5], [0.5], [0.5]]]], atol=1e-3)
    cam[0, 0, 2:] = 0
    np.testing.assert_allclose(np.ravel(layer([cam, features, cam])), [0.5, 0.5, 0, 0], atol=1e-3)


def test_pixel_correlation_comes_back_from_its_config():
    layer = seam.PixelCorrelation(8, 2, 3, name="correlation")

    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))

    assert (again.units, again.stride, again.reduce, again.name) == (8, 2, 3, "correlation")


def small_base(patch):
    return keras.layers.Conv2D(8, 5, strides=4, padding="same", activation="relu")(patch)


def network():
    keras.utils.set_random_seed(0)
    made = build_classifier(classes=2, good=0, base=small_base, dropout=0.0, seam=True)
    chosen = losses.classifier_losses()
    made.compile(
        optimizer=keras.optimizers.SGD(1e-3), loss=chosen["losses"], loss_weights=chosen["weights"], run_eagerly=True
    )
    return made


def batch(good):
    patches = np.random.default_rng(0).normal(size=(2, 16, 16, 1)).astype(np.float32)
    return patches, {
        "logits": np.eye(2, dtype=np.float32)[[0 if good else 1] * 2],
        "margin": np.full((2, 1), float(good), np.float32),
    }


def test_training_adds_the_second_view_and_validation_does_not():
    made = network()
    patches, labels = batch(good=False)
    answer = made(patches)

    plain = keras.Model.compute_loss(made, patches, labels, answer)
    validated = made.compute_loss(patches, labels, answer, training=False)
    trained = made.compute_loss(patches, labels, answer, training=True)

    assert float(validated) == pytest.approx(float(plain), rel=1e-5)
    assert float(trained) > float(plain)


def test_good_images_add_no_equivariance(monkeypatch):
    largest = []
    monkeypatch.setattr(seam, "equivariance", lambda first, second: largest.append(float(tf.reduce_max(first))) or 0.0)

    for good in (True, False):
        made = network()
        patches, labels = batch(good)
        made.compute_loss(patches, labels, made(patches), training=True)

    assert largest[0] == 0
    assert largest[1] > 0


def test_training_changes_the_embedding_and_the_exported_score_is_the_refined_map():
    made = network()
    patches, labels = batch(good=False)
    before = made.get_layer("pixel_correlation").e.numpy()

    made.train_on_batch(patches, labels)

    assert not np.array_equal(before, made.get_layer("pixel_correlation").e.numpy())
    answer = made(patches, training=False)
    enlarged = tf.image.resize(answer["refined"], (16, 16), method="bilinear")
    np.testing.assert_allclose(answer["score"], enlarged, atol=1e-5)
    assert not np.allclose(answer["refined"], answer["cam"])
