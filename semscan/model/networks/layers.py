"""Small layers that both networks use."""

from __future__ import annotations

from typing import Any

from semscan.model.tf_import import Shape, Tensor, keras, ops, tf


@keras.saving.register_keras_serializable("semscan")
class Upsample(keras.layers.Layer):
    """Bilinear enlargement by a whole factor; unlike UpSampling2D, it exports to ONNX for unknown sizes."""

    def __init__(self, factor: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, features: Tensor) -> Tensor:
        """Enlarge `features`, shape (batch, rows, cols, channels)."""
        return tf.image.resize(features, tf.shape(features)[1:3] * self.factor, method="bilinear")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return the enlarged shape, None where unknown."""
        batch, rows, cols, channels = input_shape
        return batch, rows and rows * self.factor, cols and cols * self.factor, channels

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds this layer."""
        return {**super().get_config(), "factor": self.factor}


def softplus(values: Tensor) -> Tensor:
    """Return ``log(1 + exp(values))`` in a form that overflows in no runtime.

    The softplus of TensorFlow Lite is infinite from 88 on. Above 60 the function equals its argument in float32.
    """
    return ops.softplus(ops.minimum(values, 60.0)) + ops.relu(values - 60.0)
