"""Every position against one query, the patch's mean: multiplicative and scaled dot-product attention."""

from __future__ import annotations

import math

from semscan.model.attention.base import MODES, Attention, one_of, weigh
from semscan.model.tf_import import keras, ops


@keras.saving.register_keras_serializable("semscan")
class MultiplicativeAttention(Attention):
    """Bilinear scores ``e_i = m' W h_i + b``, m being the mean of the features over the patch.

    In translation the query is the decoder's state. A patch has none, so its mean asks; what differs from the
    rest of the patch in a way that matters stands out. W starts small, since the products of ReLU features
    are large. b (no matter to a softmax) lets a score lie below 0 everywhere.

    Parameters
    ----------
    mode : {"softmax", "sigmoid", "relative"}
        As in `ImageAttention`.

    Returns
    -------
    attended, weights, scores
        `weights` and `scores` have shape (batch, rows, cols, 1).

    References
    ----------
    Luong, Pham, Manning, "Effective Approaches to Attention-based Neural Machine Translation", EMNLP 2015,
    section 3.1 ("general"). arXiv:1508.04025.
    """

    def __init__(self, mode="softmax", **kwargs):
        super().__init__(**kwargs)
        self.mode = one_of(mode, MODES, "mode")

    def build(self, input_shape):
        """Create W (channels, channels) and b (1,)."""
        channels = input_shape[-1]
        self.w = self.weight("w", (channels, channels), keras.initializers.RandomNormal(stddev=0.01))
        self.b = self.weight("b", (1,), "zeros")

    def call(self, features):
        """Score, weigh and pool `features`, shape (batch, rows, cols, channels)."""
        query = ops.matmul(ops.mean(features, axis=(1, 2), keepdims=True), self.w)
        scores = ops.sum(features * query, axis=-1, keepdims=True) + self.b
        return *weigh(features, scores, self.mode), scores

    def get_config(self):
        """Return what rebuilds this layer."""
        return {**super().get_config(), "mode": self.mode}


@keras.saving.register_keras_serializable("semscan")
class ScaledDotAttention(Attention):
    """Scores ``e_i = (Q m) . (K h_i) / sqrt(units) + b``, m being the mean of the features over the patch.

    The values are the features themselves, so that what is attended to keeps its meaning for the classifier
    that is applied at each position.

    Parameters
    ----------
    units : int
        Length of query and keys.
    mode : {"softmax", "sigmoid", "relative"}
        As in `ImageAttention`.

    Returns
    -------
    attended, weights, scores
        `weights` and `scores` have shape (batch, rows, cols, 1).

    References
    ----------
    Vaswani et al., "Attention Is All You Need", NeurIPS 2017, section 3.2.1, equation 1. arXiv:1706.03762.
    """

    def __init__(self, units=64, mode="softmax", **kwargs):
        super().__init__(**kwargs)
        self.units, self.mode = units, one_of(mode, MODES, "mode")

    def build(self, input_shape):
        """Create Q and K (channels, units) and b (1,)."""
        self.q = self.weight("q", (input_shape[-1], self.units))
        self.k = self.weight("k", (input_shape[-1], self.units))
        self.b = self.weight("b", (1,), "zeros")

    def call(self, features):
        """Score, weigh and pool `features`, shape (batch, rows, cols, channels)."""
        query = ops.matmul(ops.mean(features, axis=(1, 2), keepdims=True), self.q)
        keys = ops.matmul(features, self.k)
        scores = ops.sum(keys * query, axis=-1, keepdims=True) / math.sqrt(self.units) + self.b
        return *weigh(features, scores, self.mode), scores

    def get_config(self):
        """Return what rebuilds this layer."""
        return {**super().get_config(), "units": self.units, "mode": self.mode}


def multiplicative(use):
    """Bilinear scores."""
    return MultiplicativeAttention("softmax" if use.pools else "relative", name=use.name)


def scaled_dot(use):
    """Scaled dot-product scores."""
    return ScaledDotAttention(64, "softmax" if use.pools else "relative", name=use.name)
