"""A soft mask with one weight for each channel of each position."""

from __future__ import annotations

from typing import Any

from semscan.model.attention.base import Attention, AttentionOutput, attend, known_mode
from semscan.model.registry import AttentionRole
from semscan.model.tf_import import Shape, Tensor, keras, ops


@keras.saving.register_keras_serializable("semscan")
class FeatureMask(Attention):
    """A mask with the dimension of the features: ``alpha_i = sigmoid(W h_i + b)``, multiplied by h_i.

    W is (channels, channels) and b (channels,). `ImageAttention` has one weight for each position instead.

    Parameters
    ----------
    mode : {"softmax", "sigmoid", "null-softmax"}
        As in `ImageAttention`. A softmax is taken over positions, for each channel separately.

    Returns
    -------
    attended, weights, scores
        `weights` have shape (batch, rows, cols, channels). `scores` (batch, rows, cols, 1) are the mean of
        ``W h_i + b`` over the channels.

    References
    ----------
    Xu et al., "Show, Attend and Tell", ICML 2015, section 4.2 (the deterministic, soft attention that is
    multiplied in). arXiv:1502.03044. Srivastava, Greff, Schmidhuber, "Highway Networks", 2015, section 2 (a
    gate of the features' own dimension). arXiv:1505.00387.
    """

    def __init__(self, mode: str = "sigmoid", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mode = known_mode(mode)

    def build(self, input_shape: Shape) -> None:
        """Create W (channels, channels) and b (channels,)."""
        channels = input_shape[-1]
        self.w = self.new_weight("w", (channels, channels))
        self.b = self.new_weight("b", (channels,), "zeros")

    def call(self, features: Tensor) -> AttentionOutput:
        """Mask `features`, shape (batch, rows, cols, channels)."""
        logits = ops.matmul(features, self.w) + self.b
        return *attend(features, logits, self.mode), ops.mean(logits, axis=-1, keepdims=True)

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds this layer."""
        return {**super().get_config(), "mode": self.mode}


def feature_mask(role: AttentionRole) -> FeatureMask:
    """Make the mask by sigmoid."""
    return FeatureMask("sigmoid", name=role.name)


def feature_softmax(role: AttentionRole) -> FeatureMask:
    """Make the mask by softmax over positions."""
    return FeatureMask("softmax" if role.pools else "null-softmax", name=role.name)
