"""Squeeze and excitation: one weight for each channel of the patch."""

from __future__ import annotations

from typing import Any

from semscan.model.attention.base import Attention, AttentionOutput
from semscan.model.registry import AttentionRole
from semscan.model.tf_import import Shape, Tensor, keras, ops


@keras.saving.register_keras_serializable("semscan")
class ChannelAttention(Attention):
    """Squeeze and excitation: ``s = sigmoid(W2 relu(W1 mean(h) + b1) + b2)``, attended features ``s_k h_ik``.

    Parameters
    ----------
    ratio : int
        The hidden layer has ``channels / ratio`` units, at least 4.
    extremes : bool
        Squeeze by the maximum as well, as in CBAM. Mean and maximum pass the same two layers and are added before the
        sigmoid.

    Returns
    -------
    attended, weights, scores
        `attended` has the shape of the features, `weights` (batch, 1, 1, channels). The positions have no weights; for
        `scores` see `semscan.model.attention.base`.

    References
    ----------
    Hu, Shen, Sun, "Squeeze-and-Excitation Networks", CVPR 2018, section 3, equations 2 to 4. arXiv:1709.01507.
    Woo, Park, Lee, Kweon, "CBAM", ECCV 2018, section 3, equation 2. arXiv:1807.06521.
    """

    scores_positions = False
    replaces_features = True

    def __init__(self, ratio: int = 8, extremes: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if ratio < 1:
            raise ValueError(f"ratio must be at least 1, got {ratio}")
        self.ratio = ratio
        self.extremes = extremes

    def build(self, input_shape: Shape) -> None:
        """Create W1 (channels, hidden), b1, W2 (hidden, channels), b2."""
        channels = input_shape[-1]
        hidden = max(4, channels // self.ratio)
        self.w1 = self.new_weight("w1", (channels, hidden), "he_normal")
        self.b1 = self.new_weight("b1", (hidden,), "zeros")
        self.w2 = self.new_weight("w2", (hidden, channels))
        self.b2 = self.new_weight("b2", (channels,), "zeros")
        self.add_head(channels)

    def call(self, features: Tensor) -> AttentionOutput:
        """Weigh the channels of `features`, shape (batch, rows, cols, channels)."""
        logits = self._excite(ops.mean(features, axis=(1, 2), keepdims=True))
        if self.extremes:
            logits += self._excite(ops.max(features, axis=(1, 2), keepdims=True))
        weights = ops.sigmoid(logits)
        attended = features * weights
        return attended, weights, self.head_scores(attended)

    def _excite(self, squeezed: Tensor) -> Tensor:
        hidden = ops.relu(ops.matmul(squeezed, self.w1) + self.b1)
        return ops.matmul(hidden, self.w2) + self.b2

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds this layer."""
        return {**super().get_config(), "ratio": self.ratio, "extremes": self.extremes}


def channel(role: AttentionRole) -> ChannelAttention:
    """Make squeeze and excitation."""
    return ChannelAttention(head=role.head, name=role.name)
