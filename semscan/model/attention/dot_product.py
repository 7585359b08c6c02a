"""Multiplicative (Luong) and scaled dot-product attention: each position against one query, the mean of the patch."""

from __future__ import annotations

import math
from typing import Any

from semscan.model.attention.base import Attention, AttentionOutput, attend, known_mode
from semscan.model.registry import AttentionRole
from semscan.model.tf_import import Shape, Tensor, keras, ops


@keras.saving.register_keras_serializable("semscan")
class MultiplicativeAttention(Attention):
    """Bilinear scores ``e_i = m' W h_i + b``, m being the mean of the features over the patch.

    In translation the query is the state of the decoder. A patch has none, so its mean is the query: a position that
    differs from the rest of the patch in a relevant way gets a high score. W starts small, since the products of ReLU
    features are large. b, which a plain softmax cancels, lets all scores lie below 0.

    Parameters
    ----------
    mode : {"softmax", "sigmoid", "null-softmax"}
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

    def __init__(self, mode: str = "softmax", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mode = known_mode(mode)

    def build(self, input_shape: Shape) -> None:
        """Create W (channels, channels) and b (1,)."""
        channels = input_shape[-1]
        self.w = self.new_weight("w", (channels, channels), keras.initializers.RandomNormal(stddev=0.01))
        self.b = self.new_weight("b", (1,), "zeros")

    def call(self, features: Tensor) -> AttentionOutput:
        """Attend to `features`, shape (batch, rows, cols, channels)."""
        query = ops.matmul(ops.mean(features, axis=(1, 2), keepdims=True), self.w)
        scores = ops.sum(features * query, axis=-1, keepdims=True) + self.b
        return *attend(features, scores, self.mode), scores

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds this layer."""
        return {**super().get_config(), "mode": self.mode}


@keras.saving.register_keras_serializable("semscan")
class ScaledDotAttention(Attention):
    """Scores ``e_i = (Q m) . (K h_i) / sqrt(units) + b``, m being the mean of the features over the patch.

    The values are the features themselves. So attended features keep their meaning for the classifier that the
    attention CNN also applies at each position.

    Parameters
    ----------
    units : int
        Length of query and keys.
    mode : {"softmax", "sigmoid", "null-softmax"}
        As in `ImageAttention`.

    Returns
    -------
    attended, weights, scores
        `weights` and `scores` have shape (batch, rows, cols, 1).

    References
    ----------
    Vaswani et al., "Attention Is All You Need", NeurIPS 2017, section 3.2.1, equation 1. arXiv:1706.03762.
    """

    def __init__(self, units: int = 64, mode: str = "softmax", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.mode = known_mode(mode)

    def build(self, input_shape: Shape) -> None:
        """Create Q and K (channels, units) and b (1,)."""
        self.q = self.new_weight("q", (input_shape[-1], self.units))
        self.k = self.new_weight("k", (input_shape[-1], self.units))
        self.b = self.new_weight("b", (1,), "zeros")

    def call(self, features: Tensor) -> AttentionOutput:
        """Attend to `features`, shape (batch, rows, cols, channels)."""
        query = ops.matmul(ops.mean(features, axis=(1, 2), keepdims=True), self.q)
        keys = ops.matmul(features, self.k)
        scores = ops.sum(keys * query, axis=-1, keepdims=True) / math.sqrt(self.units) + self.b
        return *attend(features, scores, self.mode), scores

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds this layer."""
        return {**super().get_config(), "units": self.units, "mode": self.mode}


def multiplicative(role: AttentionRole) -> MultiplicativeAttention:
    """Make attention with bilinear scores."""
    return MultiplicativeAttention("softmax" if role.pools else "null-softmax", name=role.name)


def scaled_dot(role: AttentionRole) -> ScaledDotAttention:
    """Make attention with scaled dot-product scores."""
    return ScaledDotAttention(64, "softmax" if role.pools else "null-softmax", name=role.name)
