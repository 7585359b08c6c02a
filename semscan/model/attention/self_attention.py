"""Every position against every other of its patch: self-attention, one head or several."""

from __future__ import annotations

import math

from semscan.model.attention.base import Attention
from semscan.model.tf_import import keras, layers, ops, tf


@keras.saving.register_keras_serializable("semscan")
class SelfAttention(Attention):
    """Multi-head self-attention over the positions of a feature map, added to it: ``h_i + O [c_i1 ... c_iH]``.

    Head n mixes values by what keys answer to a position's query: ``c_in = sum_j a_ij V_n h_j`` with
    ``a_i = softmax_j(Q_n h_i . K_n h_j / sqrt(d))`` and d = channels / heads. There is no code of position: like
    content meets like content wherever it lies. Memory goes with the square of the number of positions, so the
    attention runs on the features averaged over `reduce` x `reduce` positions and its answer is enlarged again
    (bilinear); the patch bounds the rest.

    Parameters
    ----------
    heads : int
        Divides the number of channels.
    reduce : int
        1: every position; 4: one of sixteen.

    Returns
    -------
    attended, weights, scores
        `weights`, (batch, rows, cols, heads): how much each position is looked at by all others, as a multiple
        of the mean, enlarged like the answer (the full matrix of positions by positions is no image). It weighs no
        position itself: for `scores` see `semscan.model.attention.base`.

    References
    ----------
    Vaswani et al., "Attention Is All You Need", NeurIPS 2017, section 3.2.2. arXiv:1706.03762. Over image
    positions: Wang, Girshick, Gupta, He, "Non-local Neural Networks", CVPR 2018, section 3.2 (dot product, and
    3.3, subsampling). arXiv:1711.07971.
    """

    places = False
    refines = True
    mixes = True

    def __init__(self, heads=1, reduce=1, **kwargs):
        super().__init__(**kwargs)
        if heads < 1 or reduce < 1:
            raise ValueError(f"heads and reduce must be at least 1, got {heads} and {reduce}")
        self.heads, self.reduce = heads, reduce
        self.pool = layers.AveragePooling2D(reduce, padding="same", dtype=self.dtype_policy) if reduce > 1 else None

    def build(self, input_shape):
        """Create Q, K, V and O, each (channels, channels), and the bias b (channels,) of O."""
        channels = input_shape[-1]
        if channels % self.heads:
            raise ValueError(f"{self.heads} heads do not divide {channels} channels")
        self.q, self.k, self.v, self.o = (self.weight(name, (channels, channels)) for name in "qkvo")
        self.b = self.weight("b", (channels,), "zeros")
        self.add_head(channels)

    def call(self, features):
        """Mix the positions of `features`, shape (batch, rows, cols, channels)."""
        small = self.pool(features) if self.pool else features
        batch, rows, cols, _ = (tf.shape(small)[axis] for axis in range(4))
        channels = features.shape[-1]
        query, keys, values = (
            ops.split(ops.reshape(ops.matmul(small, w), (batch, rows * cols, channels)), self.heads, axis=-1)
            for w in (self.q, self.k, self.v)
        )
        contexts, looked_at = [], []
        for q, k, v in zip(query, keys, values, strict=True):  # an axis of heads of length 1 exports wrongly
            mixing = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / math.sqrt(channels // self.heads))
            contexts.append(ops.matmul(mixing, v))
            looked_at.append(ops.reshape(ops.sum(mixing, axis=1), (batch, rows, cols, 1)))
        context = ops.reshape(ops.concatenate(contexts, axis=-1), (batch, rows, cols, channels))
        attended = features + self._enlarged(ops.matmul(context, self.o) + self.b, features)
        return attended, self._enlarged(ops.concatenate(looked_at, axis=-1), features), self.head_scores(attended)

    def _enlarged(self, x, features):
        if not self.pool:
            return x
        return ops.cast(tf.image.resize(x, tf.shape(features)[1:3], method="bilinear"), x.dtype)

    def compute_output_shape(self, input_shape):
        """Shapes of attended, weights and scores."""
        return tuple(input_shape), (*input_shape[:-1], self.heads), (*input_shape[:-1], 1)

    def get_config(self):
        """Return what rebuilds this layer."""
        return {**super().get_config(), "heads": self.heads, "reduce": self.reduce}


def self_attention(use):
    """One head."""
    return SelfAttention(1, use.reduce, head=use.head, name=use.name)


def multi_head(use):
    """Four heads."""
    return SelfAttention(4, use.reduce, head=use.head, name=use.name)
