"""Several mechanisms in a chain, with the interface of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from semscan.model.attention.base import Attention, AttentionOutput
from semscan.model.tf_import import Shape, Tensor, keras


@keras.saving.register_keras_serializable("semscan")
class AttentionChain(Attention):
    """Call each mechanism on the attended features of the one before.

    The whole chain is one layer, so that the network around it is the same for every choice of attention.

    Parameters
    ----------
    parts : sequence of Attention
        Only the last may pool. A chain in `parts` is replaced by its own parts.

    Returns
    -------
    attended, weights, scores
        `attended` is that of the last part. `weights` and `scores` are those of the last part that scores positions;
        if none does, those of the last part.
    """

    def __init__(self, parts: Sequence[Attention | dict[str, Any]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        layers = [keras.saving.deserialize_keras_object(part) if isinstance(part, dict) else part for part in parts]
        self.parts = [inner for layer in layers for inner in getattr(layer, "parts", [layer])]
        self.scores_positions = any(part.scores_positions for part in self.parts)
        self.replaces_features = any(part.replaces_features for part in self.parts)

    @property
    def competes(self) -> bool:
        """Whether the weights of the chain are a softmax over positions."""
        scoring = [part for part in self.parts if part.scores_positions]
        return (scoring or self.parts)[-1].competes

    def build(self, input_shape: Shape) -> None:
        """Build each part for the same shape."""
        for part in self.parts:
            if not part.built:  # Keras has already built a part that comes from a file
                part.build(input_shape)

    def call(self, features: Tensor) -> AttentionOutput:
        """Attend to `features`, shape (batch, rows, cols, channels), with one part after the other."""
        weights = scores = None
        for part in self.parts:
            features, part_weights, part_scores = part(features)
            if part.scores_positions or not self.scores_positions:
                weights, scores = part_weights, part_scores
        return features, weights, scores

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds this layer."""
        return {**super().get_config(), "parts": [keras.saving.serialize_keras_object(part) for part in self.parts]}
