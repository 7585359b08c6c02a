"""What the networks are trained to make small. Scalars per batch; logits in, no sigmoid before."""

from __future__ import annotations

from semscan.model.tf_import import keras, ops, tf


def map_loss(label, logits):
    """Cross-entropy, its hardest pixels again, and Dice: for labels that cover a percent of the patch.

    The mean over all pixels keeps the map low where nothing is; the mean over the hardest 1 % of the
    pixels is what bounds false alarms, since one hot patch of texture is lost in a mean; Dice
    (Milletari et al., V-Net, 3DV 2016, doi:10.1109/3DV.2016.79) makes the outline fit.

    Parameters
    ----------
    label, logits : tensors, shape (batch, rows, cols, 1)
        Label 0 or 1; logits unbounded.
    """
    label, logits = ops.cast(label, "float32"), ops.cast(logits, "float32")
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=label, logits=logits)
    flat = ops.reshape(entropy, (-1,))
    hardest = ops.mean(tf.math.top_k(flat, k=1 + tf.shape(flat)[0] // 100, sorted=False)[0])
    p = ops.sigmoid(logits)
    dice = 1 - (2 * ops.sum(p * label) + 1) / (ops.sum(p) + ops.sum(label) + 1)
    return 3 * ops.mean(entropy) + 0.1 * hardest + 0.5 * dice


def coarse_loss(label, scores):
    """Cross-entropy of attention scores against the label, pooled (maximum) to the scores' grid."""
    step = 16
    pooled = tf.nn.max_pool2d(ops.cast(label, "float32"), step, step, "SAME")
    scores = ops.cast(scores, "float32")
    return ops.mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=pooled, logits=scores))


def structural_loss(good, reconstruction):
    """Mean absolute difference plus 1 - SSIM at two scales, of standardised patches.

    Wang, Bovik, Sheikh, Simoncelli, IEEE TIP 13(4), 2004, doi:10.1109/TIP.2003.819861; as a training
    loss for defects, Bergmann et al., VISAPP 2019, arXiv:1807.02011.
    """
    good, reconstruction = ops.cast(good, "float32"), ops.cast(reconstruction, "float32")
    loss = ops.mean(ops.abs(good - reconstruction))
    for scale in (2, 4):
        a, b = (tf.nn.avg_pool2d(t, scale, scale, "SAME") for t in (good, reconstruction))
        loss += 0.5 * (1 - ops.mean(tf.image.ssim(a, b, max_val=4.0, filter_size=7)))
    return loss


def good_everywhere(is_good, margin):
    """In an image labelled good every position is good: its defect evidence must be below zero.

    Mean of softplus(margin) over the positions plus the mean over the highest 2 %, of good images only.

    Parameters
    ----------
    is_good : tensor, shape (batch, 1)
        1 for images labelled good, else 0.
    margin : tensor, shape (batch, rows, cols, 1)
        Defect evidence in logits.
    """
    cost = ops.softplus(ops.cast(margin, "float32"))
    flat = ops.reshape(cost, (ops.shape(cost)[0], -1))
    hottest = tf.math.top_k(flat, k=1 + tf.shape(flat)[1] // 50, sorted=False)[0]
    each = ops.mean(flat, axis=1) + 0.5 * ops.mean(hottest, axis=1)
    flag = ops.reshape(ops.cast(is_good, "float32"), (-1,))
    return ops.sum(each * flag) / ops.maximum(ops.sum(flag), 1.0)


def for_kind(kind):
    """Losses and their weights by output name, for `semscan.model.training.fit.fit`."""
    if kind == "autoencoder":
        return {
            "losses": {"score": map_loss, "coarse": coarse_loss, "reconstruction": structural_loss},
            "weights": {"score": 1.0, "coarse": 0.2, "reconstruction": 0.5},
        }
    judge = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.05)
    return {
        "losses": {"logits": judge, "margin": good_everywhere, "evidence": None, "score": None},
        "weights": {"logits": 1.0, "margin": 0.5, "evidence": 1.0, "score": 1.0},
    }
