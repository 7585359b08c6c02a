"""Grad-CAM, the usual map of a classifier: the baseline for the map of the attention CNN, on the same network."""

from __future__ import annotations

import numpy as np

from semscan.model.tf_import import Tensor, keras, ops, tf


def gradcam(
    network: keras.Model, tiles: np.ndarray, *, good: int | None = None, layer: str | None = None
) -> np.ndarray:
    """Compute Grad-CAM maps of an attention CNN.

    ``relu(sum_k a_k A_k)``, A being the last feature maps of the conv base and a_k the mean over positions of the
    gradient of the target with respect to A_k; enlarged to the tile (bilinear). The maps are not
    divided by their maximum, which would make those of good images as high as those of defective ones.

    Parameters
    ----------
    network : keras.Model
        As built by `semscan.model.networks.attention_cnn.build_classifier`.
    tiles : ndarray of float32, shape (n, rows, cols)
        Standardised grey levels.
    good : int or None
        Index of the good class. The target is the largest logit of the others, minus that of the good class if
        there is one: the defect evidence of the whole image.
    layer : str or None
        Name of the layer whose features are used; the spatial dropout behind the conv base if None.

    Returns
    -------
    ndarray of float32, shape (n, rows, cols)
        0 or more.

    References
    ----------
    Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", ICCV 2017,
    section 3, equations 1 and 2. arXiv:1610.02391.
    """
    features = network.get_layer(layer) if layer else _behind_base(network)
    both = keras.Model(network.inputs, {"features": features.output, "logits": network.output["logits"]})
    patch = tf.constant(tiles[..., None], tf.float32)
    with tf.GradientTape() as tape:
        outputs = both(patch, training=False)
        # Each image depends on its own logit alone, so the gradient of the sum holds the gradient of each.
        target = ops.sum(defect_logit(outputs["logits"], good))
    gradient = tape.gradient(target, outputs["features"])
    importance = ops.mean(gradient, axis=(1, 2), keepdims=True)
    cam = ops.relu(ops.sum(importance * outputs["features"], axis=-1, keepdims=True))
    return tf.image.resize(cam, tiles.shape[1:], method="bilinear").numpy()[..., 0]


def defect_logit(logits: Tensor, good: int | None) -> Tensor:
    """Return the largest logit of the defect classes, minus that of the good one if there is one; shape (n,)."""
    if good is None:
        return ops.max(logits, axis=-1)
    others = ops.concatenate([logits[:, :good], logits[:, good + 1 :]], axis=-1)
    return ops.max(others, axis=-1) - logits[:, good]


def _behind_base(network: keras.Model) -> keras.layers.Layer:
    return next(layer for layer in network.layers if isinstance(layer, keras.layers.SpatialDropout2D))
