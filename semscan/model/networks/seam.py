"""SEAM: a second view of the image, smaller and mirrored, must get the same map, smaller and mirrored.

Wang, Zhang, Kan, Shan, Chen, "Self-supervised Equivariant Attention Mechanism for Weakly Supervised Semantic
Segmentation", CVPR 2020, sections 3.2 to 3.4. arXiv:2004.04581. Here the class activation map (CAM) has one class,
"defect". It is set to 0 in images labelled good, as the paper sets the maps of absent classes to 0.
"""

from __future__ import annotations

from typing import Any

from semscan.model.tf_import import Shape, Tensor, keras, layers, ops, tf

_TINY = 1e-5  # against division by zero


@keras.saving.register_keras_serializable("semscan")
class PixelCorrelation(keras.layers.Layer):
    """Refine a class activation map: each position gets the mean over the positions with similar features.

    ``y_i = sum_j a_ij cam_j / sum_j a_ij`` with ``a_ij = relu(cos(E x_i, E x_j))``, x being features and grey level.
    Only the embedding E is trained here: no gradient passes to the map or the features. The j are means of `reduce` x
    `reduce` positions, which limits the memory.

    The layer is called on ``[cam, features, patch]`` of shapes (batch, r, c, 1), (batch, r, c, channels), (batch,
    stride r, stride c, 1). It returns the refined map, (batch, r, c, 1).

    References
    ----------
    SEAM, section 3.3, equations 6 and 7.
    """

    def __init__(self, units: int = 64, stride: int = 4, reduce: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.stride = stride
        self.reduce = reduce
        self.shrink = layers.AveragePooling2D(stride, padding="same", dtype=self.dtype_policy)
        self.pool = layers.AveragePooling2D(reduce, padding="same", dtype=self.dtype_policy)

    def build(self, input_shape: tuple[Shape, Shape, Shape]) -> None:
        """Create E (channels + 1, units)."""
        _, features, _ = input_shape
        self.e = self.add_weight(shape=(features[-1] + 1, self.units), initializer="he_normal", name="e")

    def call(self, inputs: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """Refine the class activation map of ``[cam, features, patch]``."""
        cam, features, patch = (ops.stop_gradient(tensor) for tensor in inputs)
        embedded = ops.matmul(ops.concatenate([features, self.shrink(patch)], axis=-1), self.e)
        queries = _flatten(_normalise(embedded), self.units)
        keys = _flatten(_normalise(self.pool(embedded)), self.units)
        similarity = ops.relu(ops.matmul(queries, ops.transpose(keys, (0, 2, 1))))
        similarity = similarity / (ops.sum(similarity, axis=-1, keepdims=True) + _TINY)
        return ops.reshape(ops.matmul(similarity, _flatten(self.pool(cam), 1)), tf.shape(cam))

    def compute_output_shape(self, input_shape: tuple[Shape, Shape, Shape]) -> Shape:
        """Return the shape of the class activation map."""
        return tuple(input_shape[0])

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds this layer."""
        return {**super().get_config(), "units": self.units, "stride": self.stride, "reduce": self.reduce}


def _normalise(vectors: Tensor) -> Tensor:
    return vectors / (ops.sqrt(ops.sum(vectors * vectors, axis=-1, keepdims=True)) + _TINY)


def _flatten(features: Tensor, channels: int) -> Tensor:
    return ops.reshape(features, (tf.shape(features)[0], -1, channels))


class SeamNetwork(keras.Model):
    """A classifier with outputs ``cam`` and ``refined`` (batch, r, c, 1), trained on two views of each batch.

    The training loss is the mean loss of both views, plus `equivariance` of the class activation maps, plus
    `cross_loss` of each refined map against the plain map of the other view. Validation uses one view and the plain
    loss.
    """

    def compute_loss(
        self,
        x: Tensor = None,
        y: dict[str, Tensor] | None = None,
        y_pred: dict[str, Tensor] | None = None,
        sample_weight: Tensor = None,
        training: bool = True,
    ) -> Tensor:
        """Return the loss; in training, with the terms of the second view (see the class)."""
        loss = super().compute_loss(x, y, y_pred, sample_weight, training)
        if not training or y is None or y_pred is None:
            return loss
        mirror = tf.random.uniform((2,)) < 0.5
        view = second_view(x, mirror)
        predicted = self(view, training=True)
        loss = (loss + super().compute_loss(view, y, predicted, sample_weight, training)) / 2
        defective = 1 - ops.reshape(ops.cast(y["margin"], "float32"), (-1, 1, 1, 1))
        first, second, first_refined, second_refined = (
            relative_to_maximum(outputs[name]) * defective
            for name in ("cam", "refined")
            for outputs in (y_pred, predicted)
        )
        first = second_view(first, mirror)
        first_refined = second_view(first_refined, mirror)
        terms = equivariance(first, second) + cross_loss(first, second_refined) + cross_loss(second, first_refined)
        # Maps of good images are 0 and add nothing: the mean is taken over the defective images.
        return loss + terms / ops.maximum(ops.mean(defective), _TINY)


def second_view(images: Tensor, mirror: Tensor) -> Tensor:
    """Return images or maps at half their size (means of 2 x 2), mirrored: (batch, rows / 2, cols / 2, channels).

    The paper uses a factor of 0.3, at which fine textures are lost.

    Parameters
    ----------
    images : tensor, shape (batch, rows, cols, channels)
    mirror : tensor of bool, shape (2,)
        Whether to mirror the rows, and the columns.
    """
    images = tf.nn.avg_pool2d(ops.cast(images, "float32"), 2, 2, "SAME")
    images = tf.where(mirror[0], images[:, ::-1], images)
    return tf.where(mirror[1], images[:, :, ::-1], images)


def relative_to_maximum(cam: Tensor) -> Tensor:
    """Return the class activation map divided by its largest value in the patch, 0 to 1."""
    cam = ops.relu(ops.cast(cam, "float32"))
    return cam / (ops.max(cam, axis=(1, 2), keepdims=True) + _TINY)


def equivariance(first: Tensor, second: Tensor) -> Tensor:
    """Return the mean absolute difference of two maps of the same shape (SEAM, equation 4)."""
    return ops.mean(ops.abs(first - second))


def cross_loss(plain: Tensor, refined: Tensor) -> Tensor:
    """Return the mean of the largest fifth of the absolute differences (SEAM, equation 9).

    `plain` is the target: it gets no gradient.
    """
    difference = ops.abs(ops.stop_gradient(plain) - refined)
    flat = ops.reshape(difference, (tf.shape(difference)[0], -1))
    return ops.mean(tf.math.top_k(flat, k=1 + tf.shape(flat)[1] // 5, sorted=False)[0])
