"""Additive attention (Bahdanau); its sigmoid mode is the soft mask of the default autoencoder."""

from __future__ import annotations

from typing import Any

from semscan.model.attention.base import Attention, AttentionOutput, attend, known_mode
from semscan.model.registry import AttentionRole
from semscan.model.tf_import import Shape, Tensor, keras, ops


@keras.saving.register_keras_serializable("semscan")
class ImageAttention(Attention):
    """Additive attention over the positions of a feature map.

    The score of position i with features h_i is ``e_i = v' tanh(W h_i + b) / temperature``.
    W, b and v act on channels only, so one layer serves any image size.

    mode "softmax"
        ``alpha = softmax(e)`` over all positions. Attended features ``c = sum_i alpha_i h_i``, shape (batch,
        channels): one vector for the whole patch.
    mode "sigmoid"
        The soft mask: ``alpha_i = sigmoid(e_i)``. Attended features ``alpha_i h_i``, shape (batch, rows, cols,
        channels). Positions do not compete, so several defects do not lower each other's weights. The weight of a
        position does not depend on the rest of the patch.
    mode "null-softmax"
        Softmax with a zero logit and without pooling, see `semscan.model.attention.base.null_softmax`. Shapes as for
        "sigmoid".

    Parameters
    ----------
    units : int
        Width of the hidden projection W.
    mode : {"softmax", "sigmoid", "null-softmax"}
        "relative", the name of "null-softmax" in earlier saved models, is accepted too.
    temperature : float
        Above 1 flattens the weights, below 1 sharpens them.

    Returns
    -------
    attended, weights, scores
        `weights` and `scores` have shape (batch, rows, cols, 1). `scores` are before softmax or sigmoid and unbounded:
        the weights of a softmax sum to 1 in every patch, its scores can be low everywhere.

    References
    ----------
    Bahdanau, Cho, Bengio, "Neural Machine Translation by Jointly Learning to Align and
    Translate", ICLR 2015, section 3.1 and appendix A.1.2. arXiv:1409.0473.
    """

    def __init__(self, units: int = 64, mode: str = "softmax", temperature: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if temperature <= 0:
            raise ValueError(f"temperature must be above 0, got {temperature}")
        self.units = units
        self.mode = known_mode(mode)
        self.temperature = temperature

    def build(self, input_shape: Shape) -> None:
        """Create W (channels, units), b (units,), v (units, 1)."""
        channels = input_shape[-1]
        self.w = self.new_weight("w", (channels, self.units))
        self.b = self.new_weight("b", (self.units,), "zeros")
        self.v = self.new_weight("v", (self.units, 1))

    def call(self, features: Tensor) -> AttentionOutput:
        """Attend to `features`, shape (batch, rows, cols, channels)."""
        hidden = ops.tanh(ops.matmul(features, self.w) + self.b)
        scores = ops.matmul(hidden, self.v) / self.temperature
        return *attend(features, scores, self.mode), scores

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds this layer."""
        return {**super().get_config(), "units": self.units, "mode": self.mode, "temperature": self.temperature}


def additive(role: AttentionRole) -> ImageAttention:
    """Make additive attention: it pools in the attention CNN and keeps the map in the autoencoder."""
    return ImageAttention(64, "softmax" if role.pools else "null-softmax", name=role.name)


def soft_mask(role: AttentionRole) -> ImageAttention:
    """Make the soft mask: the same scores, with a sigmoid at each position."""
    return ImageAttention(64, "sigmoid", name=role.name)
