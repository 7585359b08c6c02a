"""The losses of the networks: scalars for each batch, on logits without a sigmoid before."""

from __future__ import annotations

from typing import Any

from semscan.model.tf_import import Tensor, keras, ops, tf


def map_loss(label: Tensor, logits: Tensor) -> Tensor:
    """Return cross-entropy, plus that of the hardest pixels, plus Dice: for labels that cover a percent of the patch.

    The mean over all pixels keeps the map low in normal areas. The mean over the hardest 1 % of the pixels limits
    false alarms, since one small area of high values is lost in a mean over all. Dice (Milletari et al., V-Net, 3DV
    2016, doi:10.1109/3DV.2016.79) makes the outline fit.

    Parameters
    ----------
    label, logits : tensors, shape (batch, rows, cols, 1)
        Label 0 or 1; logits unbounded.
    """
    label = ops.cast(label, "float32")
    logits = ops.cast(logits, "float32")
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=label, logits=logits)
    flat = ops.reshape(entropy, (-1,))
    hardest = ops.mean(tf.math.top_k(flat, k=1 + tf.shape(flat)[0] // 100, sorted=False)[0])
    predicted = ops.sigmoid(logits)
    overlap = ops.sum(predicted * label)
    dice = 1 - (2 * overlap + 1) / (ops.sum(predicted) + ops.sum(label) + 1)
    return 3 * ops.mean(entropy) + 0.1 * hardest + 0.5 * dice


def coarse_loss(label: Tensor, scores: Tensor) -> Tensor:
    """Return the cross-entropy of attention scores against the label, max-pooled to the grid of the scores.

    Parameters
    ----------
    label : tensor, shape (batch, rows, cols, 1)
        0 or 1.
    scores : tensor, shape (batch, rows/16, cols/16, 1)
        Logits.
    """
    stride = 16
    pooled = tf.nn.max_pool2d(ops.cast(label, "float32"), stride, stride, "SAME")
    scores = ops.cast(scores, "float32")
    return ops.mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=pooled, logits=scores))


def structural_loss(good: Tensor, reconstruction: Tensor) -> Tensor:
    """Return the mean absolute difference plus 1 - SSIM at two scales, of standardised patches.

    Wang, Bovik, Sheikh, Simoncelli, IEEE TIP 13(4), 2004, doi:10.1109/TIP.2003.819861; as a training
    loss for defects, Bergmann et al., VISAPP 2019, arXiv:1807.02011.

    Parameters
    ----------
    good, reconstruction : tensors, shape (batch, rows, cols, 1)
    """
    good = ops.cast(good, "float32")
    reconstruction = ops.cast(reconstruction, "float32")
    loss = ops.mean(ops.abs(good - reconstruction))
    for scale in (2, 4):
        first, second = (tf.nn.avg_pool2d(patch, scale, scale, "SAME") for patch in (good, reconstruction))
        loss += 0.5 * (1 - ops.mean(tf.image.ssim(first, second, max_val=4.0, filter_size=7)))
    return loss


def good_everywhere(is_good: Tensor, margin: Tensor) -> Tensor:
    """Return the loss for defect evidence above zero at any position of an image labelled good.

    It is the mean of softplus(margin) over the positions plus half its mean over the highest 2 % of them, over the
    good images of the batch.

    Parameters
    ----------
    is_good : tensor, shape (batch, 1)
        1 for images labelled good, else 0.
    margin : tensor, shape (batch, rows, cols, 1)
        Defect evidence in logits.
    """
    loss = ops.softplus(ops.cast(margin, "float32"))
    flat = ops.reshape(loss, (ops.shape(loss)[0], -1))
    highest = tf.math.top_k(flat, k=1 + tf.shape(flat)[1] // 50, sorted=False)[0]
    of_image = ops.mean(flat, axis=1) + 0.5 * ops.mean(highest, axis=1)
    good = ops.reshape(ops.cast(is_good, "float32"), (-1,))
    return ops.sum(of_image * good) / ops.maximum(ops.sum(good), 1.0)


def autoencoder_losses() -> dict[str, dict[str, Any]]:
    """Return the losses of the autoencoder and their weights, by output name."""
    return {
        "losses": {"score": map_loss, "coarse": coarse_loss, "reconstruction": structural_loss},
        "weights": {"score": 1.0, "coarse": 0.2, "reconstruction": 0.5},
    }


def classifier_losses() -> dict[str, dict[str, Any]]:
    """Return the losses of the attention CNN and their weights, by output name."""
    class_loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.05)
    return {
        "losses": {"logits": class_loss, "margin": good_everywhere, "evidence": None, "score": None},
        "weights": {"logits": 1.0, "margin": 0.5, "evidence": 1.0, "score": 1.0},
    }
