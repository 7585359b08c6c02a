"""Self-attention, with one head or several: each position against all others of its patch."""

from __future__ import annotations

import math
from typing import Any

from semscan.model.attention.base import Attention, AttentionOutput
from semscan.model.registry import AttentionRole
from semscan.model.tf_import import Shape, Tensor, keras, layers, ops, tf


@keras.saving.register_keras_serializable("semscan")
class SelfAttention(Attention):
    """Multi-head self-attention over the positions of a feature map, with a skip: ``h_i + O [c_i1 ... c_iH]``.

    Head n mixes values by how well their keys match the query of a position: ``c_in = sum_j a_ij V_n h_j`` with
    ``a_i = softmax_j(Q_n h_i . K_n h_j / sqrt(d))`` and d = channels / heads. There is no positional encoding: similar
    content matches wherever it lies. Memory grows with the square of the number of positions. So the attention runs on
    means of `reduce` x `reduce` positions, and its result is enlarged again (bilinear); the patch size limits the
    rest.

    Parameters
    ----------
    heads : int
        Divides the number of channels.
    reduce : int
        1: every position; 4: one of sixteen.

    Returns
    -------
    attended, weights, scores
        `weights`, (batch, rows, cols, heads): the attention that a position receives from all others, as a multiple
        of the mean, enlarged like the result. (The full matrix of positions by positions is not an image.) Positions
        have no scores of their own; for `scores` see `semscan.model.attention.base`.

    References
    ----------
    Vaswani et al., "Attention Is All You Need", NeurIPS 2017, section 3.2.2. arXiv:1706.03762. Over image
    positions: Wang, Girshick, Gupta, He, "Non-local Neural Networks", CVPR 2018, section 3.2 (dot product, and
    3.3, subsampling). arXiv:1711.07971.
    """

    scores_positions = False
    replaces_features = True
    mixes_positions = True

    def __init__(self, heads: int = 1, reduce: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if heads < 1 or reduce < 1:
            raise ValueError(f"heads and reduce must be at least 1, got {heads} and {reduce}")
        self.heads = heads
        self.reduce = reduce
        self.pool = layers.AveragePooling2D(reduce, padding="same", dtype=self.dtype_policy) if reduce > 1 else None

    def build(self, input_shape: Shape) -> None:
        """Create Q, K, V and O, each (channels, channels), and the bias b (channels,) of O."""
        channels = input_shape[-1]
        if channels % self.heads:
            raise ValueError(f"{self.heads} heads do not divide {channels} channels")
        self.q, self.k, self.v, self.o = (self.new_weight(name, (channels, channels)) for name in "qkvo")
        self.b = self.new_weight("b", (channels,), "zeros")
        self.add_head(channels)

    def call(self, features: Tensor) -> AttentionOutput:
        """Mix the positions of `features`, shape (batch, rows, cols, channels)."""
        reduced = self.pool(features) if self.pool else features
        batch, rows, cols, _ = (tf.shape(reduced)[axis] for axis in range(4))
        channels = features.shape[-1]
        queries, keys, values = (
            ops.split(ops.reshape(ops.matmul(reduced, w), (batch, rows * cols, channels)), self.heads, axis=-1)
            for w in (self.q, self.k, self.v)
        )
        contexts, received = [], []
        # A loop over heads, since tf2onnx converts a tensor axis of heads wrongly if its length is 1.
        for query, key, value in zip(queries, keys, values, strict=True):
            logits = tf.matmul(query, key, transpose_b=True) / math.sqrt(channels // self.heads)
            mixing = tf.nn.softmax(logits)
            contexts.append(ops.matmul(mixing, value))
            received.append(ops.reshape(ops.sum(mixing, axis=1), (batch, rows, cols, 1)))
        context = ops.reshape(ops.concatenate(contexts, axis=-1), (batch, rows, cols, channels))
        attended = features + self._enlarge(ops.matmul(context, self.o) + self.b, features)
        return attended, self._enlarge(ops.concatenate(received, axis=-1), features), self.head_scores(attended)

    def _enlarge(self, reduced: Tensor, features: Tensor) -> Tensor:
        if not self.pool:
            return reduced
        return ops.cast(tf.image.resize(reduced, tf.shape(features)[1:3], method="bilinear"), reduced.dtype)

    def compute_output_shape(self, input_shape: Shape) -> tuple[Shape, Shape, Shape]:
        """Return the shapes of attended, weights and scores."""
        return tuple(input_shape), (*input_shape[:-1], self.heads), (*input_shape[:-1], 1)

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds this layer."""
        return {**super().get_config(), "heads": self.heads, "reduce": self.reduce}


def self_attention(role: AttentionRole) -> SelfAttention:
    """Make self-attention with one head."""
    return SelfAttention(1, role.reduce, head=role.head, name=role.name)


def multi_head(role: AttentionRole) -> SelfAttention:
    """Make self-attention with four heads."""
    return SelfAttention(4, role.reduce, head=role.head, name=role.name)
