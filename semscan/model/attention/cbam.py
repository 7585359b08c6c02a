"""Which positions matter, told from all channels at once; and CBAM, which asks for channels first."""

from __future__ import annotations

from semscan.model.attention.base import Attention
from semscan.model.attention.sequential import AttentionChain
from semscan.model.attention.squeeze_excite import ChannelAttention
from semscan.model.tf_import import keras, ops


@keras.saving.register_keras_serializable("semscan")
class SpatialAttention(Attention):
    """Mean and maximum over channels, a convolution, a sigmoid: one weight a position.

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

    def __init__(self, kernel=7, **kwargs):
        super().__init__(**kwargs)
        if kernel % 2 != 1:
            raise ValueError(f"kernel must be odd, got {kernel}")
        self.kernel = kernel

    def build(self, input_shape):
        """Create the kernel (side, side, 2, 1) and b (1,)."""
        self.w = self.weight("w", (self.kernel, self.kernel, 2, 1))
        self.b = self.weight("b", (1,), "zeros")

    def call(self, features):
        """Weigh the positions of `features`, shape (batch, rows, cols, channels)."""
        seen = [ops.mean(features, axis=-1, keepdims=True), ops.max(features, axis=-1, keepdims=True)]
        scores = ops.conv(ops.concatenate(seen, axis=-1), self.w, padding="same") + self.b
        weights = ops.sigmoid(scores)
        return features * weights, weights, scores

    def get_config(self):
        """Return what rebuilds this layer."""
        return {**super().get_config(), "kernel": self.kernel}


@keras.saving.register_keras_serializable("semscan")
class Cbam(Attention):
    """Channel attention (mean and maximum), then spatial attention on what it leaves.

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

    refines = True

    def __init__(self, ratio=8, kernel=7, **kwargs):
        super().__init__(**kwargs)
        self.channel = ChannelAttention(ratio, extremes=True, name="channel", dtype=self.dtype_policy)
        self.spatial = SpatialAttention(kernel, name="spatial", dtype=self.dtype_policy)

    def build(self, input_shape):
        """Build both halves."""
        self.channel.build(input_shape)
        self.spatial.build(input_shape)

    def call(self, features):
        """Weigh channels, then positions, of `features`, shape (batch, rows, cols, channels)."""
        return self.spatial(self.channel(features)[0])

    def get_config(self):
        """Return what rebuilds this layer."""
        return {**super().get_config(), "ratio": self.channel.ratio, "kernel": self.spatial.kernel}


def spatial(use):
    """CBAM's spatial half alone."""
    return SpatialAttention(name=use.name)


def cbam(use):
    """CBAM. Where positions are pooled it is its halves, one behind the other: what is judged at a position is then
    what its channels say, however little the position weighs."""
    if use.pools:
        halves = [
            ChannelAttention(extremes=True, name=f"{use.name}_channel"),
            SpatialAttention(name=f"{use.name}_spatial"),
        ]
        return AttentionChain(halves, name=use.name)
    return Cbam(name=use.name)
