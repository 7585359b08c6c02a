"""SEAM: an image seen again, smaller and mirrored, must get the same map, smaller and mirrored.

Wang, Zhang, Kan, Shan, Chen, "Self-supervised Equivariant Attention Mechanism for Weakly Supervised Semantic
Segmentation", CVPR 2020, sections 3.2 to 3.4. arXiv:2004.04581. Here the map has one class, "defect"; it is 0 in
images labelled good, as the paper's maps are 0 for classes that an image does not have.
"""

from __future__ import annotations

from semscan.model.tf_import import keras, layers, ops, tf

_TINY = 1e-5


@keras.saving.register_keras_serializable("semscan")
class PixelCorrelation(keras.layers.Layer):
    """Refine a class activation map by pixel correlation: a position gets the mean of the positions that resemble it.

    ``y_i = sum_j a_ij cam_j / sum_j a_ij`` with ``a_ij = relu(cos(E x_i, E x_j))``, x being features and grey level.
    Only E learns here: no gradient passes to the map or the features. The j are means of `reduce` x `reduce` positions,
    which bounds the memory.

    Called on ``[cam, features, patch]`` of shapes (batch, r, c, 1), (batch, r, c, channels), (batch, stride r,
    stride c, 1); returns the class activation map anew, (batch, r, c, 1).

    References
    ----------
    SEAM, section 3.3, equations 6 and 7.
    """

    def __init__(self, units=64, stride=4, reduce=2, **kwargs):
        super().__init__(**kwargs)
        self.units, self.stride, self.reduce = units, stride, reduce
        self.shrink = layers.AveragePooling2D(stride, padding="same", dtype=self.dtype_policy)
        self.pool = layers.AveragePooling2D(reduce, padding="same", dtype=self.dtype_policy)

    def build(self, input_shape):
        """Create E (channels + 1, units)."""
        _, features, _ = input_shape
        self.e = self.add_weight(shape=(features[-1] + 1, self.units), initializer="he_normal", name="e")

    def call(self, inputs):
        """Refine the class activation map of ``[cam, features, patch]``."""
        cam, features, patch = (ops.stop_gradient(x) for x in inputs)
        seen = ops.matmul(ops.concatenate([features, self.shrink(patch)], axis=-1), self.e)
        shape = tf.shape(cam)
        ask, answer = (_flat(_unit(x), self.units) for x in (seen, self.pool(seen)))
        alike = ops.relu(ops.matmul(ask, ops.transpose(answer, (0, 2, 1))))
        alike = alike / (ops.sum(alike, axis=-1, keepdims=True) + _TINY)
        return ops.reshape(ops.matmul(alike, _flat(self.pool(cam), 1)), shape)

    def compute_output_shape(self, input_shape):
        """The shape of the cam."""
        return tuple(input_shape[0])

    def get_config(self):
        """Return what rebuilds this layer."""
        return {**super().get_config(), "units": self.units, "stride": self.stride, "reduce": self.reduce}


def _unit(x):
    return x / (ops.sqrt(ops.sum(x * x, axis=-1, keepdims=True)) + _TINY)


def _flat(x, channels):
    return ops.reshape(x, (tf.shape(x)[0], -1, channels))


class SeamNetwork(keras.Model):
    """A classifier with outputs ``cam`` and ``refined`` (batch, r, c, 1), trained on two views of each batch.

    Its loss in training is the mean loss of both views, plus `equivariance` of the heats, plus `cross` of refined
    heats against plain ones. Validation sees one view and the plain loss.
    """

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Add what the second view says; see the class."""
        loss = super().compute_loss(x, y, y_pred, sample_weight, training)
        if not training:
            return loss
        mirror = tf.random.uniform((2,)) < 0.5
        moved = moved_as(x, mirror)
        again = self(moved, training=True)
        loss = (loss + super().compute_loss(moved, y, again, sample_weight, training)) / 2
        defective = 1 - ops.reshape(ops.cast(y["margin"], "float32"), (-1, 1, 1, 1))
        first, second, first_refined, second_refined = (
            relative(views[name]) * defective for name in ("cam", "refined") for views in (y_pred, again)
        )
        first, first_refined = moved_as(first, mirror), moved_as(first_refined, mirror)
        share = ops.maximum(ops.mean(defective), _TINY)
        return (
            loss + (equivariance(first, second) + cross(first, second_refined) + cross(second, first_refined)) / share
        )


def moved_as(x, mirror):
    """Half the size (means of 2 x 2) and mirrored: (batch, rows, cols, c) -> (batch, rows / 2, cols / 2, c).

    `mirror` says for rows and for columns whether to. The paper uses a factor of 0.3; textures are gone then.
    """
    x = ops.cast(x, "float32")
    x = tf.nn.avg_pool2d(x, 2, 2, "SAME")
    x = tf.where(mirror[0], x[:, ::-1], x)
    return tf.where(mirror[1], x[:, :, ::-1], x)


def relative(cam):
    """The class activation map as a share of its largest value in the patch, 0 to 1."""
    cam = ops.relu(ops.cast(cam, "float32"))
    return cam / (ops.max(cam, axis=(1, 2), keepdims=True) + _TINY)


def equivariance(first, second):
    """Mean absolute difference of two heats of the same shape (SEAM, equation 4)."""
    return ops.mean(ops.abs(first - second))


def cross(plain, refined):
    """Mean of the largest fifth of the absolute differences (SEAM, equation 9); `plain` is the teacher."""
    difference = ops.abs(ops.stop_gradient(plain) - refined)
    flat = ops.reshape(difference, (tf.shape(difference)[0], -1))
    return ops.mean(tf.math.top_k(flat, k=1 + tf.shape(flat)[1] // 5, sorted=False)[0])
