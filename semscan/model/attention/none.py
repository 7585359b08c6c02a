"""The baseline without attention, with the interface of an attention."""

from __future__ import annotations

from typing import Any

from semscan.model.attention.base import Attention, AttentionOutput
from semscan.model.registry import AttentionRole
from semscan.model.tf_import import Shape, Tensor, keras, ops


@keras.saving.register_keras_serializable("semscan")
class NoAttention(Attention):
    """Weigh all positions equally, or attend to none of them.

    Parameters
    ----------
    pools : bool
        True: global average pooling. Each weight is 1 / (number of positions).
        False: attended features and weights are 0. An autoencoder removes the attended features before it
        reconstructs, so here it reconstructs from all features.

    Returns
    -------
    attended, weights, scores
        `weights` and `scores` have shape (batch, rows, cols, 1). The scores come from the head, applied to the
        features.

    References
    ----------
    Lin, Chen, Yan, "Network In Network", ICLR 2014, section 3.2 (global average pooling). arXiv:1312.4400.
    """

    scores_positions = False

    def __init__(self, pools: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pools = pools

    def build(self, input_shape: Shape) -> None:
        """Create the head, if there is one."""
        self.add_head(input_shape[-1])

    def call(self, features: Tensor) -> AttentionOutput:
        """Pool `features`, shape (batch, rows, cols, channels), or attend to none of them."""
        scores = self.head_scores(features)
        if not self.pools:
            zeros = ops.zeros_like(features)
            return zeros, zeros[..., :1], scores
        ones = ops.ones_like(features[..., :1])
        uniform = ones / ops.sum(ones, axis=(1, 2), keepdims=True)
        return ops.mean(features, axis=(1, 2)), uniform, scores

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds this layer."""
        return {**super().get_config(), "pools": self.pools}


def none(role: AttentionRole) -> NoAttention:
    """Make the baseline of either network."""
    return NoAttention(role.pools, head=role.head, name=role.name)
