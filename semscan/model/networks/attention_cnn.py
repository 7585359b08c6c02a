"""The attention CNN: learns from class labels of whole images, and localises.

    image -> conv base (stride 4) -> attention over positions -> classifier on the attended features
                                  `-> the same classifier at each position: class evidence

The classifier is linear, and the attended features are a weighted mean of the features at the positions. So the same
classifier applied at one position gives the class evidence of that position. For mask attentions it is applied after
masking, so good images teach the mask to stay closed. The map is the attention score, before softmax, multiplied by
the defect evidence of the same position. A softmax has large weights even in a good image; the evidence keeps the map
of a good image low. Self-attention scales the evidence by the attention that a position receives from all others.
Channel attention leaves it as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from semscan.model.attention import ImageAttention
from semscan.model.attention.base import Attention
from semscan.model.networks.layers import BatchNormalization, Upsample, softplus
from semscan.model.networks.seam import PixelCorrelation, SeamNetwork
from semscan.model.registry import BACKBONES, resolve
from semscan.model.tf_import import Shape, Tensor, keras, layers, ops
from semscan.values.model.config import NetworkConfig

STRIDE = 4


@keras.saving.register_keras_serializable("semscan")
class Margin(keras.layers.Layer):
    """Defect evidence in logits: logsumexp over the defect classes minus the good class.

    Without a good class (`good` None) it is the best class minus the mean of all. That tells which class it is, but
    not whether there is a defect.
    """

    def __init__(self, good: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.good = good

    def call(self, logits: Tensor) -> Tensor:
        """Reduce the last axis of `logits` to one margin."""
        if self.good is None:
            best = ops.max(logits, axis=-1, keepdims=True)
            return best - ops.mean(logits, axis=-1, keepdims=True)
        good = logits[..., self.good : self.good + 1]
        defects = ops.concatenate([logits[..., : self.good], logits[..., self.good + 1 :]], axis=-1)
        return ops.logsumexp(defects, axis=-1, keepdims=True) - good

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds this layer."""
        return {**super().get_config(), "good": self.good}


@keras.saving.register_keras_serializable("semscan")
class WeightedMean(keras.layers.Layer):
    """Weighted mean over the positions: ``sum a_i h_i / sum a_i``.

    A plain mean would divide by the number of positions. If a mask is open at one position in a hundred, only a
    hundredth of its features would be left, and the classifier would learn nothing.

    The layer is called on ``[attended, weights]``: features that are already multiplied by their weights, (batch, r,
    c, channels), and the weights, (batch, r, c, 1 or channels). It returns (batch, channels).
    """

    def call(self, inputs: tuple[Tensor, Tensor]) -> Tensor:
        """Sum over the positions and divide by the sum of the weights."""
        attended, weights = (ops.cast(tensor, "float32") for tensor in inputs)
        return ops.sum(attended, axis=(1, 2)) / (ops.sum(weights, axis=(1, 2)) + 1e-3)

    def compute_output_shape(self, input_shape: tuple[Shape, Shape]) -> Shape:
        """Return (batch, channels)."""
        attended, _ = input_shape
        return (attended[0], attended[-1])


def _conv(features: Tensor, channels: int, stride: int = 1) -> Tensor:
    convolution = layers.Conv2D(
        channels, 3, strides=stride, padding="same", use_bias=False, kernel_initializer="he_normal"
    )
    return layers.ReLU()(BatchNormalization(momentum=0.95)(convolution(features)))


def plain_base(patch: Tensor) -> Tensor:
    """Build a conv base 32-64-128: two 3x3 convolutions in each stage, max pooling between stages, stride 4."""
    features = patch
    for channels in (32, 64):
        features = layers.MaxPooling2D(2)(_conv(_conv(features, channels), channels))
    return _conv(_conv(features, 128), 128)


def residual_base(patch: Tensor) -> Tensor:
    """Build residual blocks of the same widths (He et al., CVPR 2016, doi:10.1109/CVPR.2016.90), stride 4."""
    features = _conv(patch, 32)
    for channels, stride in ((32, 1), (64, 2), (128, 2)):
        residual = layers.Conv2D(channels, 3, padding="same", use_bias=False)(_conv(features, channels, stride))
        residual = BatchNormalization(momentum=0.95)(residual)
        shortcut = layers.Conv2D(channels, 1, strides=stride, use_bias=False)(features)
        features = layers.ReLU()(layers.Add()([residual, shortcut]))
    return features


def build_classifier(
    *,
    classes: int,
    good: int | None = None,
    base: Callable[[Tensor], Tensor] = plain_base,
    attention: Attention | None = None,
    dropout: float = 0.3,
    seam: bool = False,
) -> keras.Model:
    """Build the network for images of any size divisible by 4.

    Parameters
    ----------
    classes : int
        Number of classes, at least 2.
    good : int or None
        Index of the good class.
    base : callable
        Makes a feature map of stride 4 from a patch.
    attention : Attention or None
        How positions and channels are weighed, see `semscan.model.attention.base`; additive attention if None.
    dropout : float
        Share of feature channels dropped before the classifier, 0 to 1.
    seam : bool
        Refine the class activation map by pixel correlation and train with
        `semscan.model.networks.seam.SeamNetwork`.

    Returns
    -------
    keras.Model
        Input (batch, rows, cols, 1), standardised grey levels. Outputs by name: ``logits``
        (batch, classes); ``margin`` (batch, rows/4, cols/4, 1), the defect evidence in logits;
        ``evidence`` (batch, rows/4, cols/4, classes), the class evidence of each position;
        ``score`` (batch, rows, cols, 1), the map, 0 or more. With `seam` also ``cam`` and ``refined``,
        (batch, rows/4, cols/4, 1), the map before and after pixel correlation.
    """
    patch = keras.Input((None, None, 1), name="patch")
    features = layers.SpatialDropout2D(dropout)(base(patch))
    classifier = layers.Dense(classes, name="classifier")
    attention = attention or ImageAttention(64, "softmax", name="attention")
    pooled, masked, map_factor = _attend(attention, features)
    evidence = classifier(masked)
    margin = Margin(good, name="margin_logits")(evidence)
    defect = softplus(margin)
    cam = defect if map_factor is None else layers.Multiply()([map_factor, defect])
    refined = PixelCorrelation(stride=STRIDE, name="pixel_correlation")([cam, features, patch]) if seam else cam
    outputs = {
        "logits": classifier(pooled),
        "margin": margin,
        "evidence": evidence,
        "score": Upsample(STRIDE, name="enlarge")(refined),
    }
    if seam:
        outputs |= {"cam": cam, "refined": refined}
    # In float32 also under mixed precision, as losses and calibration need it.
    outputs = {name: layers.Activation("linear", dtype="float32", name=name)(value) for name, value in outputs.items()}
    return (SeamNetwork if seam else keras.Model)(patch, outputs, name="attention_cnn")


def _attend(attention: Attention, features: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
    """Apply the attention; the table in `semscan.model.attention.base` says how each mechanism is used.

    The parts of a chain become layers of the network here, so that the features before a final pooling are known.

    Returns
    -------
    pooled : tensor, shape (batch, channels)
        The attended features of the patch.
    masked : tensor, shape (batch, rows, cols, channels)
        The features of each position that the classifier is applied to.
    map_factor : tensor or None
        By which the defect evidence of each position is multiplied, 0 or more: softplus of the scores, or the
        attention received from all other positions. None means 1.
    """
    weights = map_factor = None
    masked = attended = features
    for part in getattr(attention, "parts", [attention]):
        masked = attended
        attended, part_weights, scores = part(masked)
        if part.scores_positions:
            weights = part_weights if weights is None else layers.Multiply()([weights, part_weights])
            map_factor = softplus(scores)
        if part.mixes_positions:
            # The weights of earlier parts belong to single positions; what is mixed has no such weight any more.
            weights = None
            map_factor = ops.mean(part_weights, axis=-1, keepdims=True)
    if len(attended.shape) == 2:  # the last part has pooled
        return attended, masked, map_factor
    if weights is None:
        return layers.GlobalAveragePooling2D()(attended), attended, map_factor
    return WeightedMean(name="attended_mean")([attended, weights]), attended, map_factor


def classifier_of(config: NetworkConfig, attention: Attention, gates: bool) -> keras.Model:
    """Build the network that `config` describes; see `semscan.settings.networks.NetworkKind`."""
    return build_classifier(
        classes=len(config.classes or ()),
        good=config.good_index,
        base=resolve(BACKBONES[config.backbone].target),
        attention=attention,
        dropout=config.dropout,
        seam=config.seam,
    )
