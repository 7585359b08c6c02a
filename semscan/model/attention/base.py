"""What all attention mechanisms have in common.

A mechanism is called on features of shape (batch, rows, cols, channels) and returns three tensors:

attended
    The attended features: a map (batch, rows, cols, channels). A mechanism that pools returns one vector for each
    patch instead, (batch, channels).
weights
    The attention weights, by which the features were multiplied or mixed. Shape (batch, rows, cols, 1 or heads or
    channels), or (batch, 1, 1, channels) where there is one weight for each channel.
scores
    The scores of the positions before softmax or sigmoid: (batch, rows, cols, 1), unbounded. A mechanism without
    scores of positions computes them from the attended features: with ``head`` by a trained 1x1 convolution, else as
    the mean over channels, which is only for display.

A mechanism uses nothing outside its patch. Three class attributes of `Attention` tell the networks how to use the
three tensors:

========================================  ==================  =================  ===============
mechanism                                 scores_positions    replaces_features  mixes_positions
========================================  ==================  =================  ===============
none                                      no                  no                 no
all masks, softmaxes, spatial and gates   yes                 no                 no
channel                                   no                  yes                no
cbam                                      yes                 yes                no
self-attention, multi-head                no                  yes                yes
========================================  ==================  =================  ===============

scores_positions
    The mechanism has a score of its own for each position. In the attention CNN its weights average the features, and
    its scores scale the map. Without such scores, the autoencoder asks for ``head`` and trains that.
replaces_features
    The autoencoder draws its map from the attended features. Otherwise it draws it from the features themselves.
mixes_positions
    The attended features of a position also come from other positions. So the attention CNN pools them by a plain
    mean, and scales the map by the attention that each position receives.
"""

from __future__ import annotations

from typing import Any

from semscan.model.tf_import import Shape, Tensor, keras, ops

AttentionOutput = tuple[Tensor, Tensor, Tensor]
MODES = ("softmax", "sigmoid", "null-softmax")
EARLIER_MODES = {"relative": "null-softmax"}  # in layer configurations that were saved by semscan 0.1


class Attention(keras.layers.Layer):
    """Base class of all mechanisms; see the module for what they return.

    Parameters
    ----------
    head : bool
        Whether to train a 1x1 convolution for the scores, where the mechanism has no scores of positions.
    """

    scores_positions = True
    replaces_features = False
    mixes_positions = False

    @property
    def competes(self) -> bool:
        """Whether the weights are a softmax over positions, so that they sum to one in each patch."""
        return getattr(self, "mode", None) == "softmax"

    def __init__(self, head: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.head = head

    def new_weight(self, name: str, shape: Shape, initializer: Any = "glorot_uniform") -> Tensor:
        """Create a trained weight. The order of these calls is the order in the weights file."""
        return self.add_weight(shape=shape, initializer=initializer, name=name)

    def add_head(self, channels: int) -> None:
        """Create the 1x1 convolution of `head_scores` if there is a head. Call it last in `build`."""
        if self.head:
            self.head_kernel = self.new_weight("head_kernel", (channels, 1))
            self.head_bias = self.new_weight("head_bias", (1,), "zeros")

    def head_scores(self, attended: Tensor) -> Tensor:
        """Return scores from attended features: by the trained head if there is one, else the mean over channels."""
        if self.head:
            return ops.matmul(attended, self.head_kernel) + self.head_bias
        return ops.mean(attended, axis=-1, keepdims=True)

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds this layer."""
        return {**super().get_config(), "head": self.head}


def known_mode(mode: str) -> str:
    """Return `mode` by its present name.

    Raises
    ------
    ValueError
        If `mode` is not one of `MODES` and not an earlier name of one.
    """
    mode = EARLIER_MODES.get(mode, mode)
    if mode not in MODES:
        *others, last = map(repr, MODES)
        raise ValueError(f"mode must be {', '.join(others)} or {last}, got {mode!r}")
    return mode


def softmax_over_positions(scores: Tensor) -> Tensor:
    """Return the softmax of `scores` over rows and columns, for each channel separately; it sums to 1 in each patch."""
    # Subtracting the maximum keeps exp() finite. The softmax does not depend on it, so no gradient passes through it.
    peak = ops.stop_gradient(ops.max(scores, axis=(1, 2), keepdims=True))
    exponentials = ops.exp(scores - peak)
    return exponentials / ops.sum(exponentials, axis=(1, 2), keepdims=True)


def null_softmax(scores: Tensor) -> Tensor:
    """Return softmax weights with a zero logit added, relative to the largest weight.

    ``exp(e_i - max(0, max_j e_j))``, in (0, 1]. The zero logit stands for "attend nowhere". A plain softmax sums to 1
    in every patch, also in one without a defect. Here, all weights of a patch stay low if no score is above 0, and
    otherwise the largest weight is 1.
    """
    peak = ops.maximum(ops.max(scores, axis=(1, 2), keepdims=True), 0.0)
    return ops.exp(scores - ops.stop_gradient(peak))


def attend(features: Tensor, scores: Tensor, mode: str) -> tuple[Tensor, Tensor]:
    """Return (attended features, attention weights) for `features` and the `scores` of their positions.

    Parameters
    ----------
    features : tensor, shape (batch, rows, cols, channels)
    scores : tensor, shape (batch, rows, cols, 1 or channels)
    mode : {"softmax", "sigmoid", "null-softmax"}
        "softmax" pools over positions; "sigmoid" and "null-softmax" (see `null_softmax`) keep the map.
    """
    if mode == "softmax":
        weights = softmax_over_positions(scores)
        return ops.sum(features * weights, axis=(1, 2)), weights
    weights = ops.sigmoid(scores) if mode == "sigmoid" else null_softmax(scores)
    return features * weights, weights
