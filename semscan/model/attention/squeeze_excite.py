"""Which channels matter in this patch."""

from __future__ import annotations

from semscan.model.attention.base import Attention
from semscan.model.tf_import import keras, ops


@keras.saving.register_keras_serializable("semscan")
class ChannelAttention(Attention):
    """Squeeze and excitation: ``s = sigmoid(W2 relu(W1 mean(h) + b1) + b2)``, ``s_k h_ik``.

    Parameters
    ----------
    ratio : int
        The hidden layer has ``channels / ratio`` units, at least 4.
    extremes : bool
        Also squeeze by the maximum; both pass the same two layers and are added before the sigmoid, as in CBAM.

    Returns
    -------
    attended, weights, scores
        `attended` has the features' shape, `weights` (batch, 1, 1, channels). It weighs no positions: for
        `scores` see `semscan.model.attention.base`.

    References
    ----------
    Hu, Shen, Sun, "Squeeze-and-Excitation Networks", CVPR 2018, section 3, equations 2 to 4. arXiv:1709.01507.
    Woo, Park, Lee, Kweon, "CBAM", ECCV 2018, section 3, equation 2. arXiv:1807.06521.
    """

    places = False
    refines = True

    def __init__(self, ratio=8, extremes=False, **kwargs):
        super().__init__(**kwargs)
        if ratio < 1:
            raise ValueError(f"ratio must be at least 1, got {ratio}")
        self.ratio, self.extremes = ratio, extremes

    def build(self, input_shape):
        """Create W1 (channels, hidden), b1, W2 (hidden, channels), b2."""
        channels = input_shape[-1]
        hidden = max(4, channels // self.ratio)
        self.w1 = self.weight("w1", (channels, hidden), "he_normal")
        self.b1 = self.weight("b1", (hidden,), "zeros")
        self.w2 = self.weight("w2", (hidden, channels))
        self.b2 = self.weight("b2", (channels,), "zeros")
        self.add_head(channels)

    def call(self, features):
        """Weigh the channels of `features`, shape (batch, rows, cols, channels)."""
        logits = self._excited(ops.mean(features, axis=(1, 2), keepdims=True))
        if self.extremes:
            logits += self._excited(ops.max(features, axis=(1, 2), keepdims=True))
        weights = ops.sigmoid(logits)
        attended = features * weights
        return attended, weights, self.head_scores(attended)

    def _excited(self, squeezed):
        return ops.matmul(ops.relu(ops.matmul(squeezed, self.w1) + self.b1), self.w2) + self.b2

    def get_config(self):
        """Return what rebuilds this layer."""
        return {**super().get_config(), "ratio": self.ratio, "extremes": self.extremes}


def channel(use):
    """Squeeze and excitation."""
    return ChannelAttention(head=use.head, name=use.name)
