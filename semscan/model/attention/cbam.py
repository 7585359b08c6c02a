"""CBAM: channel attention, then spatial attention; and its spatial half alone."""

from __future__ import annotations

from typing import Any

from semscan.model.attention.base import Attention, AttentionOutput
from semscan.model.attention.sequential import AttentionChain
from semscan.model.attention.squeeze_excite import ChannelAttention
from semscan.model.registry import AttentionRole
from semscan.model.tf_import import Shape, Tensor, keras, ops


@keras.saving.register_keras_serializable("semscan")
class SpatialAttention(Attention):
    """One weight for each position: mean and maximum over channels, a convolution, a sigmoid.

    Parameters
    ----------
    kernel : int
        Side of the convolution, odd.

    Returns
    -------
    attended, weights, scores
        `weights` and `scores` (before the sigmoid) have shape (batch, rows, cols, 1).

    References
    ----------
    Woo, Park, Lee, Kweon, "CBAM: Convolutional Block Attention Module", ECCV 2018, section 3, equation 3.
    arXiv:1807.06521.
    """

    def __init__(self, kernel: int = 7, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if kernel % 2 != 1:
            raise ValueError(f"kernel must be odd, got {kernel}")
        self.kernel = kernel

    def build(self, input_shape: Shape) -> None:
        """Create the kernel (side, side, 2, 1) and b (1,)."""
        self.w = self.new_weight("w", (self.kernel, self.kernel, 2, 1))
        self.b = self.new_weight("b", (1,), "zeros")

    def call(self, features: Tensor) -> AttentionOutput:
        """Weigh the positions of `features`, shape (batch, rows, cols, channels)."""
        mean = ops.mean(features, axis=-1, keepdims=True)
        maximum = ops.max(features, axis=-1, keepdims=True)
        scores = ops.conv(ops.concatenate([mean, maximum], axis=-1), self.w, padding="same") + self.b
        weights = ops.sigmoid(scores)
        return features * weights, weights, scores

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds this layer."""
        return {**super().get_config(), "kernel": self.kernel}


@keras.saving.register_keras_serializable("semscan")
class Cbam(Attention):
    """Channel attention (mean and maximum), then spatial attention on its result.

    Parameters
    ----------
    ratio, kernel : int
        As in `ChannelAttention` and `SpatialAttention`.

    Returns
    -------
    attended, weights, scores
        `weights` and `scores` are those of the spatial half, (batch, rows, cols, 1).

    References
    ----------
    Woo, Park, Lee, Kweon, "CBAM: Convolutional Block Attention Module", ECCV 2018, section 3, equation 1.
    arXiv:1807.06521.
    """

    replaces_features = True

    def __init__(self, ratio: int = 8, kernel: int = 7, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.channel = ChannelAttention(ratio, extremes=True, name="channel", dtype=self.dtype_policy)
        self.spatial = SpatialAttention(kernel, name="spatial", dtype=self.dtype_policy)

    def build(self, input_shape: Shape) -> None:
        """Build both halves."""
        self.channel.build(input_shape)
        self.spatial.build(input_shape)

    def call(self, features: Tensor) -> AttentionOutput:
        """Weigh the channels, then the positions, of `features`, shape (batch, rows, cols, channels)."""
        weighed_channels, _, _ = self.channel(features)
        return self.spatial(weighed_channels)

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds this layer."""
        return {**super().get_config(), "ratio": self.channel.ratio, "kernel": self.spatial.kernel}


def spatial(role: AttentionRole) -> SpatialAttention:
    """Make CBAM's spatial half alone."""
    return SpatialAttention(name=role.name)


def cbam(role: AttentionRole) -> Cbam | AttentionChain:
    """Make CBAM; where positions are pooled, make its halves as a chain.

    In a chain, the attention CNN knows the weights of each half. So it can average by the spatial weights, and the
    class evidence of a position with a small spatial weight keeps its size.
    """
    if not role.pools:
        return Cbam(name=role.name)
    halves = [
        ChannelAttention(extremes=True, name=f"{role.name}_channel"),
        SpatialAttention(name=f"{role.name}_spatial"),
    ]
    return AttentionChain(halves, name=role.name)
