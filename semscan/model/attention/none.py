"""No attention, in the shape of one: the baseline."""

from __future__ import annotations

from semscan.model.attention.base import Attention
from semscan.model.tf_import import keras, ops


@keras.saving.register_keras_serializable("semscan")
class NoAttention(Attention):
    """Attend to all alike, or to nothing.

    Parameters
    ----------
    pools : bool
        True: the plain mean over positions (global average pooling); every weight is one over their number.
        False: nothing is attended to, attended features and weights are 0, and an autoencoder that rebuilds what
        is not attended to rebuilds from everything.

    Returns
    -------
    attended, weights, scores
        `weights` and `scores` have shape (batch, rows, cols, 1). `scores` are the head's on the features.

    References
    ----------
    Lin, Chen, Yan, "Network In Network", ICLR 2014, section 3.2 (global average pooling). arXiv:1312.4400.
    """

    places = False

    def __init__(self, pools=True, **kwargs):
        super().__init__(**kwargs)
        self.pools = pools

    def build(self, input_shape):
        """Create the head, if there is one."""
        self.add_head(input_shape[-1])

    def call(self, features):
        """Pool or drop `features`, shape (batch, rows, cols, channels)."""
        scores = self.head_scores(features)
        nothing = ops.zeros_like(features)
        if not self.pools:
            return nothing, nothing[..., :1], scores
        mean = ops.mean(features, axis=(1, 2))
        even = ops.ones_like(features[..., :1])
        return mean, even / ops.sum(even, axis=(1, 2), keepdims=True), scores

    def get_config(self):
        """Return what rebuilds this layer."""
        return {**super().get_config(), "pools": self.pools}


def none(use):
    """The baseline of both networks."""
    return NoAttention(use.pools, head=use.head, name=use.name)
