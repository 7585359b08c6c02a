"""The soft mask whose weight and bias have the feature's own dimension."""

from __future__ import annotations

from semscan.model.attention.base import MODES, Attention, one_of, weigh
from semscan.model.tf_import import keras, ops


@keras.saving.register_keras_serializable("semscan")
class FeatureMask(Attention):
    """A mask for every channel of every position: ``alpha_i = sigmoid(W h_i + b)``, multiplied into h_i.

    W is (channels, channels) and b (channels,): the mask has the dimension of the features, where `ImageAttention`
    has one weight a position.

    Parameters
    ----------
    mode : {"softmax", "sigmoid", "relative"}
        As in `ImageAttention`; a softmax runs over positions, each channel on its own.

    Returns
    -------
    attended, weights, scores
        `weights` have shape (batch, rows, cols, channels); `scores` (batch, rows, cols, 1) are the mean of
        ``W h_i + b`` over the channels.

    References
    ----------
    Xu et al., "Show, Attend and Tell", ICML 2015, section 4.2 (the deterministic, soft attention that is
    multiplied in). arXiv:1502.03044. Srivastava, Greff, Schmidhuber, "Highway Networks", 2015, section 2 (a
    gate of the features' own dimension). arXiv:1505.00387.
    """

    def __init__(self, mode="sigmoid", **kwargs):
        super().__init__(**kwargs)
        self.mode = one_of(mode, MODES, "mode")

    def build(self, input_shape):
        """Create W (channels, channels) and b (channels,)."""
        channels = input_shape[-1]
        self.w = self.weight("w", (channels, channels))
        self.b = self.weight("b", (channels,), "zeros")

    def call(self, features):
        """Mask `features`, shape (batch, rows, cols, channels)."""
        logits = ops.matmul(features, self.w) + self.b
        return *weigh(features, logits, self.mode), ops.mean(logits, axis=-1, keepdims=True)

    def get_config(self):
        """Return what rebuilds this layer."""
        return {**super().get_config(), "mode": self.mode}


def feature_mask(use):
    """The mask by sigmoid."""
    return FeatureMask("sigmoid", name=use.name)


def feature_softmax(use):
    """The mask by softmax over positions."""
    return FeatureMask("softmax" if use.pools else "relative", name=use.name)
