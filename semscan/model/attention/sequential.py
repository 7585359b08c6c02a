"""Several mechanisms, one behind the other, as one."""

from __future__ import annotations

from semscan.model.attention.base import Attention
from semscan.model.tf_import import keras


@keras.saving.register_keras_serializable("semscan")
class AttentionChain(Attention):
    """Each mechanism is called on what the one before attends to.

    One layer for the whole chain, so that the network around it is the same for every choice.

    Parameters
    ----------
    parts : sequence of Attention
        None of them pools but the last. The parts of a chain among them are parts of this one.

    Returns
    -------
    attended, weights, scores
        `attended` is the last one's; `weights` and `scores` are those of the last one that `places`, else of the
        last.
    """

    def __init__(self, parts, **kwargs):
        super().__init__(**kwargs)
        parts = [keras.saving.deserialize_keras_object(part) if isinstance(part, dict) else part for part in parts]
        self.parts = [one for part in parts for one in getattr(part, "parts", [part])]
        self.places = any(part.places for part in self.parts)
        self.refines = any(part.refines for part in self.parts)

    @property
    def competes(self):
        """As of the part whose weights are the chain's."""
        return ([part for part in self.parts if part.places] or self.parts)[-1].competes

    def build(self, input_shape):
        """Build each part on the same shape."""
        for part in self.parts:
            if not part.built:  # a part that came back from a file is built already
                part.build(input_shape)

    def call(self, features):
        """Attend to `features`, shape (batch, rows, cols, channels), again and again."""
        weights = scores = None
        for part in self.parts:
            features, of_part, its_scores = part(features)
            if part.places or not self.places:
                weights, scores = of_part, its_scores
        return features, weights, scores

    def get_config(self):
        """Return what rebuilds this layer."""
        return {**super().get_config(), "parts": [keras.saving.serialize_keras_object(part) for part in self.parts]}
