"""Grad-CAM: where the gradient of a class says it is. The map to beat for ours, on the same network."""

from __future__ import annotations

from semscan.model.tf_import import keras, ops, tf


def gradcam(network, tiles, *, good=None, layer=None):
    """Grad-CAM maps of an attention CNN.

    ``relu(sum_k a_k A_k)``, A being the last feature maps of the conv base and a_k the mean over positions of the
    gradient of the target with respect to A_k; enlarged to the tile (bilinear). Not scaled to 1 in each image, which
    would make good images as hot as defective ones.

    Parameters
    ----------
    network : keras.Model
        As built by `semscan.model.networks.attention_cnn.build_classifier`.
    tiles : ndarray of float32, shape (n, rows, cols)
        Standardised grey levels.
    good : int or None
        Number of the good class. The target is the largest logit of the others, less that of the good class if
        there is one: what the image as a whole says for a defect.
    layer : str or None
        Name of the layer whose features are looked at; the spatial dropout behind the conv base if None.

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
        seen = both(patch, training=False)
        target = ops.sum(defect_logit(seen["logits"], good))  # the sum of images: each has its own gradient
    gradient = tape.gradient(target, seen["features"])
    importance = ops.mean(gradient, axis=(1, 2), keepdims=True)
    heat = ops.relu(ops.sum(importance * seen["features"], axis=-1, keepdims=True))
    return tf.image.resize(heat, tiles.shape[1:], method="bilinear").numpy()[..., 0]


def defect_logit(logits, good):
    """The largest logit of the defect classes, less that of the good one if there is one; shape (n,)."""
    if good is None:
        return ops.max(logits, axis=-1)
    others = ops.concatenate([logits[:, :good], logits[:, good + 1 :]], axis=-1)
    return ops.max(others, axis=-1) - logits[:, good]


def _behind_base(network):
    return next(layer for layer in network.layers if isinstance(layer, keras.layers.SpatialDropout2D))
