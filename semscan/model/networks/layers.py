"""Small layers that both networks use."""

from __future__ import annotations

from semscan.model.tf_import import keras, ops, tf


@keras.saving.register_keras_serializable("semscan")
class Upsample(keras.layers.Layer):
    """Bilinear enlargement by a whole factor; exports to ONNX at unknown sizes, unlike UpSampling2D."""

    def __init__(self, factor=2, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, x):
        """Enlarge `x`, shape (batch, rows, cols, channels)."""
        return tf.image.resize(x, tf.shape(x)[1:3] * self.factor, method="bilinear")

    def compute_output_shape(self, input_shape):
        """Return the enlarged shape, None where unknown."""
        batch, rows, cols, channels = input_shape
        return batch, rows and rows * self.factor, cols and cols * self.factor, channels

    def get_config(self):
        """Return what rebuilds this layer."""
        return {**super().get_config(), "factor": self.factor}


def softplus(x):
    """``log(1 + exp(x))``, written so that no runtime overflows: TensorFlow Lite's own is infinite from 88 on."""
    return ops.softplus(ops.minimum(x, 60.0)) + ops.relu(x - 60.0)
