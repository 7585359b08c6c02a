"""What all attention mechanisms have in common.

Called on features of shape (batch, rows, cols, channels), each returns three tensors:

attended
    A map (batch, rows, cols, channels), or, of a layer that pools, one vector a patch (batch, channels).
weights
    What the features were multiplied or mixed with: (batch, rows, cols, 1 or heads or channels), and
    (batch, 1, 1, channels) where there are weights of channels only.
scores
    (batch, rows, cols, 1): how much each position stands out, before softmax or sigmoid, unbounded. A
    mechanism that weighs no positions has none of its own: with ``head`` they are a 1x1 convolution of the
    attended features (to be taught), without it the mean of the attended channels (to be looked at).

Nothing looks beyond the patch. Three properties say how a network should use a mechanism: `places`, whether the
scores are its own, `refines`, whether the attended features are to be read in place of the features, and `mixes`,
whether the attended features of a position also come from others.
"""

from __future__ import annotations

from semscan.model.tf_import import keras, ops


class Attention(keras.layers.Layer):
    """Parent of the mechanisms. ``head`` asks for taught scores where the mechanism has none of its own."""

    places = True
    refines = False
    mixes = False

    @property
    def competes(self):
        """Whether the weights are a softmax over positions, which sums to one in every patch."""
        return getattr(self, "mode", None) == "softmax"

    def __init__(self, head=False, **kwargs):
        super().__init__(**kwargs)
        self.head = head

    def weight(self, name, shape, start="glorot_uniform"):
        """A trained weight."""
        return self.add_weight(shape=shape, initializer=start, name=name)

    def add_head(self, channels):
        """The 1x1 convolution behind `head_scores`; call it last in `build`."""
        if self.head:
            self.head_kernel = self.weight("head_kernel", (channels, 1))
            self.head_bias = self.weight("head_bias", (1,), "zeros")

    def head_scores(self, attended):
        """Scores from attended features: the taught head if there is one, else the channels' mean."""
        if self.head:
            return ops.matmul(attended, self.head_kernel) + self.head_bias
        return ops.mean(attended, axis=-1, keepdims=True)

    def get_config(self):
        """Return what rebuilds this layer."""
        return {**super().get_config(), "head": self.head}


def one_of(value, names, what):
    """Return `value` if it is one of `names`, else raise ValueError."""
    if value not in names:
        wanted = ", ".join(map(repr, names[:-1])) + f" or {names[-1]!r}"
        raise ValueError(f"{what} must be {wanted}, got {value!r}")
    return value


def over_positions(scores):
    """Softmax of `scores` over rows and columns, each channel on its own; sums to 1 in every patch."""
    raised = ops.exp(scores - ops.stop_gradient(ops.max(scores, axis=(1, 2), keepdims=True)))
    return raised / ops.sum(raised, axis=(1, 2), keepdims=True)


def null_softmax(scores):
    """Softmax weights beside a place of score 0 that means "nowhere", as a share of the largest of them.

    ``exp(e_i - max(0, max_j e_j))``, within (0, 1]. A softmax over positions sums to 1, however dull the patch;
    here a patch with nothing above 0 keeps its weights low, and what stands out most gets 1.
    """
    peak = ops.maximum(ops.max(scores, axis=(1, 2), keepdims=True), 0.0)
    return ops.exp(scores - ops.stop_gradient(peak))


def weigh(features, scores, mode):
    """(attended, weights) of `features` by `scores` of positions.

    Parameters
    ----------
    mode : {"softmax", "sigmoid", "relative"}
        "softmax" pools over positions; "sigmoid" and "relative" (`null_softmax`) keep the map.
    """
    if mode == "sigmoid":
        weights = ops.sigmoid(scores)
    elif mode == "relative":
        weights = null_softmax(scores)
    else:
        weights = over_positions(scores)
        return ops.sum(features * weights, axis=(1, 2)), weights
    return features * weights, weights


MODES = ("softmax", "sigmoid", "relative")
