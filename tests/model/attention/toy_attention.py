"""An attention as a newcomer would add it: this file, and one line in `semscan.model.registry.ATTENTIONS`."""

from semscan.model.attention.base import Attention
from semscan.model.tf_import import keras, ops


@keras.saving.register_keras_serializable("semscan-tests")
class BrightnessAttention(Attention):
    """Weigh each position by a trained multiple of its mean over channels."""

    def build(self, input_shape):
        """Create the factor (1,)."""
        self.factor = self.new_weight("factor", (1,), "ones")

    def call(self, features):
        """Attend to `features`, shape (batch, rows, cols, channels)."""
        scores = self.factor * ops.mean(features, axis=-1, keepdims=True)
        weights = ops.sigmoid(scores)
        return features * weights, weights, scores


def brightness(role):
    """Make the toy attention."""
    return BrightnessAttention(name=role.name)
