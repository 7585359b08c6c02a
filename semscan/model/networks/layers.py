"""Small layers that both networks use."""

from __future__ import annotations

from typing import Any

from semscan.model.tf_import import Shape, Tensor, keras, layers, ops, tf


@keras.saving.register_keras_serializable("semscan")
class Upsample(keras.layers.Layer):
    """Enlargement by a whole factor; unlike UpSampling2D, it exports to ONNX for unknown sizes as one operation.

    `method` is "bilinear", or "nearest" for repeated pixels.
    """

    def __init__(self, factor: int = 2, method: str = "bilinear", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.factor = factor
        self.method = method

    def call(self, features: Tensor) -> Tensor:
        """Enlarge `features`, shape (batch, rows, cols, channels)."""
        return tf.image.resize(features, tf.shape(features)[1:3] * self.factor, method=self.method)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return the enlarged shape, None where unknown."""
        batch, rows, cols, channels = input_shape
        return batch, rows and rows * self.factor, cols and cols * self.factor, channels

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds this layer."""
        return {**super().get_config(), "factor": self.factor, "method": self.method}


def softplus(values: Tensor) -> Tensor:
    """Return ``log(1 + exp(values))`` in a form that overflows in no runtime.

    The softplus of TensorFlow Lite is infinite from 88 on. Above 60 the function equals its argument in float32.
    """
    return ops.softplus(ops.minimum(values, 60.0)) + ops.relu(values - 60.0)


@keras.saving.register_keras_serializable("semscan")
class BatchNormalization(layers.BatchNormalization):
    """Batch normalisation by one fused operation of TensorFlow in training.

    The layer of Keras takes the mean, the variance and the normalised features one after the other, each with its own
    pass over all features. That took two fifths of a training step on a CPU. The weights are the same.
    """

    def add_weight(self, *args: Any, **kwargs: Any) -> Tensor:
        """Create a weight that stays float32 under mixed precision, as the fused operation takes it."""
        return super().add_weight(*args, **{**kwargs, "autocast": False})

    def call(self, inputs: Tensor, training: bool | None = None, mask: Tensor = None) -> Tensor:
        """Normalise `inputs`, shape (batch, rows, cols, channels), and in training update the moving statistics."""
        if not training or not self.trainable:
            return super().call(inputs, training=False, mask=mask)
        features, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs, scale=self.gamma, offset=self.beta, mean=[], variance=[], epsilon=self.epsilon, is_training=True
        )
        for moving, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + now * (1 - self.momentum))
        return features
