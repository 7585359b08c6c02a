"""Additive attention, which is also the soft mask of the default autoencoder."""

from __future__ import annotations

from semscan.model.attention.base import MODES, Attention, one_of, weigh
from semscan.model.tf_import import keras, ops


@keras.saving.register_keras_serializable("semscan")
class ImageAttention(Attention):
    """Additive attention over the positions of a feature map.

    The score of position i with features h_i is ``e_i = v' tanh(W h_i + b) / temperature``.
    W, b and v run over channels only, so one layer serves any image size.

    mode "softmax"
        ``alpha = softmax(e)`` over all positions; attended features ``c = sum_i alpha_i h_i``,
        shape (batch, channels). One pool for the whole patch.
    mode "sigmoid"
        The soft mask: ``alpha_i = sigmoid(e_i)``; attended features ``alpha_i h_i``, shape
        (batch, rows, cols, channels). Positions do not compete, so several defects do not
        dilute each other, and the weights do not depend on the rest of the patch.
    mode "relative"
        Softmax without pooling, see `semscan.model.attention.base.null_softmax`; shapes as of "sigmoid".

    Parameters
    ----------
    units : int
        Width of the hidden projection W.
    mode : {"softmax", "sigmoid", "relative"}
    temperature : float
        Above 1 flattens the weights, below 1 sharpens them.

    Returns
    -------
    attended, weights, scores
        `weights` and `scores` have shape (batch, rows, cols, 1). Scores are before softmax or
        sigmoid, unbounded: a softmax always attends somewhere, the scores need not.

    References
    ----------
    Bahdanau, Cho, Bengio, "Neural Machine Translation by Jointly Learning to Align and
    Translate", ICLR 2015, section 3.1 and appendix A.1.2. arXiv:1409.0473.
    """

    def __init__(self, units=64, mode="softmax", temperature=1.0, **kwargs):
        super().__init__(**kwargs)
        if temperature <= 0:
            raise ValueError(f"temperature must be above 0, got {temperature}")
        self.units, self.mode, self.temperature = units, one_of(mode, MODES, "mode"), temperature

    def build(self, input_shape):
        """Create W (channels, units), b (units,), v (units, 1)."""
        channels = input_shape[-1]
        self.w = self.weight("w", (channels, self.units))
        self.b = self.weight("b", (self.units,), "zeros")
        self.v = self.weight("v", (self.units, 1))

    def call(self, features):
        """Score, weigh and pool `features`, shape (batch, rows, cols, channels)."""
        hidden = ops.tanh(ops.matmul(features, self.w) + self.b)
        scores = ops.matmul(hidden, self.v) / self.temperature
        return *weigh(features, scores, self.mode), scores

    def get_config(self):
        """Return what rebuilds this layer."""
        return {**super().get_config(), "units": self.units, "mode": self.mode, "temperature": self.temperature}


def additive(use):
    """Bahdanau's attention: pools in the attention CNN, keeps the map in the autoencoder."""
    return ImageAttention(64, "softmax" if use.pools else "relative", name=use.name)


def soft_mask(use):
    """The soft mask: the same scores, a sigmoid at each position."""
    return ImageAttention(64, "sigmoid", name=use.name)
