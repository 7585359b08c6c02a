"""The attention CNN: learns from the labels of whole images, and localises.

    image -> conv base (stride 4) -> attention over positions -> classifier on the attended features
                                  `-> the same classifier at every position: evidence

The classifier is linear and the attended features are a weighted mean of the features at the
positions, so applying it at one position tells what that position alone says for each class: of a
mask through the mask, which so learns from good images to stay shut. The map is the attention score
(before softmax: a softmax always attends somewhere) gated by the defect evidence of the same position,
so a good image stays low. Self-attention counts a position by how much all others look at it; attention
to channels alone counts all positions alike.
"""

from __future__ import annotations

from semscan.model.attention import ImageAttention
from semscan.model.networks.layers import Upsample, softplus
from semscan.model.networks.seam import PixelCorrelation, SeamNetwork
from semscan.model.tf_import import keras, layers, ops

STRIDE = 4


@keras.saving.register_keras_serializable("semscan")
class Margin(keras.layers.Layer):
    """How far the defect classes outvote the good one: logsumexp over defects minus good, in logits.

    Without a good class (`good` None) it is the best class against the rest, so always answers
    "which", never "whether".
    """

    def __init__(self, good=None, **kwargs):
        super().__init__(**kwargs)
        self.good = good

    def call(self, logits):
        """Reduce the last axis of `logits` to one margin."""
        if self.good is None:
            top = ops.max(logits, axis=-1, keepdims=True)
            return top - ops.mean(logits, axis=-1, keepdims=True)
        good = logits[..., self.good : self.good + 1]
        others = ops.concatenate([logits[..., : self.good], logits[..., self.good + 1 :]], axis=-1)
        return ops.logsumexp(others, axis=-1, keepdims=True) - good

    def get_config(self):
        """Return what rebuilds this layer."""
        return {**super().get_config(), "good": self.good}


@keras.saving.register_keras_serializable("semscan")
class WeightedMean(keras.layers.Layer):
    """Mean over positions of features that were multiplied by weights, by these weights: ``sum a_i h_i / sum a_i``.

    A plain mean would divide by the number of positions: where a mask is open at one position in a hundred, a
    hundredth of what it shows would be left, and the classifier learns nothing.

    Called on ``[attended, weights]``, (batch, r, c, channels) and (batch, r, c, 1 or channels); returns (batch,
    channels).
    """

    def call(self, inputs):
        """Sum over positions and divide."""
        attended, weights = (ops.cast(x, "float32") for x in inputs)
        return ops.sum(attended, axis=(1, 2)) / (ops.sum(weights, axis=(1, 2)) + 1e-3)

    def compute_output_shape(self, input_shape):
        """(batch, channels)."""
        attended, _ = input_shape
        return (attended[0], attended[-1])


def _conv(x, channels, stride=1):
    x = layers.Conv2D(channels, 3, strides=stride, padding="same", use_bias=False, kernel_initializer="he_normal")(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.95)(x))


def plain_base(x):
    """Conv base 32-64-128: two 3x3 convolutions a stage, maximum pooling between, stride 4."""
    for channels in (32, 64):
        x = layers.MaxPooling2D(2)(_conv(_conv(x, channels), channels))
    return _conv(_conv(x, 128), 128)


def residual_base(x):
    """Residual blocks of the same widths (He et al., CVPR 2016, doi:10.1109/CVPR.2016.90), stride 4."""
    x = _conv(x, 32)
    for channels, stride in ((32, 1), (64, 2), (128, 2)):
        y = layers.Conv2D(channels, 3, padding="same", use_bias=False)(_conv(x, channels, stride))
        y = layers.BatchNormalization(momentum=0.95)(y)
        short = layers.Conv2D(channels, 1, strides=stride, use_bias=False)(x)
        x = layers.ReLU()(layers.Add()([y, short]))
    return x


def build_classifier(*, classes, good=None, base=plain_base, attention=None, dropout=0.3, seam=False):
    """Build the network on images of any size divisible by 4.

    Parameters
    ----------
    classes : int
        Number of classes, at least 2.
    good : int or None
        Which class is the good one.
    base : callable
        Feature map builder; its output has stride 4.
    attention : Attention or None
        How positions and channels are weighed, see `semscan.model.attention.base`; additive if None.
    dropout : float
        Of feature channels before the classifier, 0 to 1.
    seam : bool
        Refine the class activation map by pixel correlation and train by `semscan.model.networks.seam.SeamNetwork`.

    Returns
    -------
    keras.Model
        Input (batch, rows, cols, 1), standardised grey levels. Outputs by name: ``logits``
        (batch, classes); ``margin`` (batch, rows/4, cols/4, 1) defect evidence in logits;
        ``evidence`` (batch, rows/4, cols/4, classes) what each position says for each class;
        ``score`` (batch, rows, cols, 1) the map, 0 or more. With `seam` also ``cam`` and ``refined``,
        (batch, rows/4, cols/4, 1), the map before and after pixel correlation.
    """
    patch = keras.Input((None, None, 1), name="patch")
    features = layers.SpatialDropout2D(dropout)(base(patch))
    judge = layers.Dense(classes, name="classifier")
    attended, seen, share = _attend(attention or ImageAttention(64, "softmax", name="attention"), features)
    evidence = judge(seen)
    margin = Margin(good, name="margin_logits")(evidence)
    gate = softplus(margin)
    cam = gate if share is None else layers.Multiply()([share, gate])
    refined = PixelCorrelation(stride=STRIDE, name="pixel_correlation")([cam, features, patch]) if seam else cam
    outputs = {
        "logits": layers.Activation("linear", dtype="float32", name="logits")(judge(attended)),
        "margin": layers.Activation("linear", dtype="float32", name="margin")(margin),
        "evidence": layers.Activation("linear", dtype="float32", name="evidence")(evidence),
        "score": layers.Activation("linear", dtype="float32", name="score")(Upsample(STRIDE, name="enlarge")(refined)),
    }
    if not seam:
        return keras.Model(patch, outputs, name="attention_cnn")
    for name, value in (("cam", cam), ("refined", refined)):
        outputs[name] = layers.Activation("linear", dtype="float32", name=name)(value)
    return SeamNetwork(patch, outputs, name="attention_cnn")


def _attend(attention, features):
    """What is attended to, one vector a patch; the features to judge at each position; and how much of what is found
    there counts, 0 or more, None for all: softplus of the scores, or how much all others look at it.

    The parts of a chain are layers of the network here, so that a pool at its end does not hide what it pooled.
    """
    share = weights = None
    parts = getattr(attention, "parts", [attention])
    for part in parts:
        before = features
        attended, weight, own = part(before)
        if part.places:
            weights = weight if weights is None else layers.Multiply()([weights, weight])
            share = softplus(own)
        if part.mixes:  # what comes from all positions is weighed by no one's weight
            weights, share = None, ops.mean(weight, axis=-1, keepdims=True)
        features = attended
    if len(attended.shape) == 2:  # it pools by itself
        return attended, before, share
    if weights is None:
        return layers.GlobalAveragePooling2D()(attended), attended, share
    return WeightedMean(name="attended_mean")([attended, weights]), attended, share
