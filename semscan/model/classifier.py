"""The attention CNN: learns from the labels of whole images, and localises.

    image -> conv base (stride 4) -> attention over positions -> classifier on the attended features
                                  `-> the same classifier at every position: evidence

The classifier is linear and the attended features are a weighted mean of the features at the
positions, so applying it at one position tells what that position alone says for each class. The
map is the attention score (before softmax: a softmax always attends somewhere) gated by the
defect evidence of the same position, so a good image stays low.
"""

from __future__ import annotations

from semscan.model.attention import ImageAttention
from semscan.model.layers import Upsample
from semscan.model.quiet import keras, layers, ops

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


def _conv(x, channels, stride=1):
    x = layers.Conv2D(channels, 3, strides=stride, padding="same", use_bias=False,
                      kernel_initializer="he_normal")(x)
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


def build_classifier(*, classes, good=None, base=plain_base, attention="softmax", dropout=0.3):
    """Build the network on images of any size divisible by 4.

    Parameters
    ----------
    classes : int
        Number of classes, at least 2.
    good : int or None
        Which class is the good one.
    base : callable
        Feature map builder; its output has stride 4.
    attention : {"softmax", "sigmoid", "none"}
        How positions are weighed; "none" is the plain mean over positions, the baseline to beat.
    dropout : float
        Of feature channels before the classifier, 0 to 1.

    Returns
    -------
    keras.Model
        Input (batch, rows, cols, 1), standardised grey levels. Outputs by name: ``logits``
        (batch, classes); ``margin`` (batch, rows/4, cols/4, 1) defect evidence in logits;
        ``score`` (batch, rows, cols, 1) the map, 0 or more.
    """
    patch = keras.Input((None, None, 1), name="patch")
    features = layers.SpatialDropout2D(dropout)(base(patch))
    judge = layers.Dense(classes, name="classifier")
    if attention == "none":
        attended, scores = layers.GlobalAveragePooling2D()(features), None
    else:
        attended, _, scores = ImageAttention(64, attention, name="attention")(features)
        if attention == "sigmoid":
            attended = layers.GlobalAveragePooling2D()(attended)
    margin = Margin(good, name="margin_logits")(judge(features))
    gate = layers.Activation("softplus")(margin)
    heat = gate if scores is None else layers.Multiply()([layers.Activation("softplus")(scores), gate])
    outputs = {
        "logits": layers.Activation("linear", dtype="float32", name="logits")(judge(attended)),
        "margin": layers.Activation("linear", dtype="float32", name="margin")(margin),
        "score": layers.Activation("linear", dtype="float32", name="score")(Upsample(STRIDE, name="enlarge")(heat)),
    }
    return keras.Model(patch, outputs, name="attention_cnn")
