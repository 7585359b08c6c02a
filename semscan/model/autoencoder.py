"""The attention-guided autoencoder: learns from good images alone.

    patch -> encoder (strides 2, 4, 8, 16) -> context -> attention in the bottleneck
          -> decoder 1: the good patch behind what attention leaves through   (reconstruction)
          -> decoder 2: skips + reconstruction residual + attention scores    (the map)

The attention weights gate what the reconstruction may see, so what is attended to has to
be guessed from its surroundings; the residual of that guess and the attention scores meet
in the second decoder, which draws the map at image resolution. No layer looks at the whole
patch at once: the map of a place depends on its surroundings only (about 250 px).
"""

from __future__ import annotations

from semscan.model.attention import ImageAttention
from semscan.model.layers import Upsample
from semscan.model.quiet import keras, layers


def _conv(x, channels, *, stride=1, dilation=1, kernel=3, name=None):
    x = layers.Conv2D(channels, kernel, strides=stride, dilation_rate=dilation, padding="same",
                      use_bias=False, kernel_initializer="he_normal", name=name)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.95)(x))


def _residual(x, channels, *, dilation=1):
    y = _conv(x, channels, dilation=dilation)
    y = layers.Conv2D(channels, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(y)
    y = layers.BatchNormalization(momentum=0.95)(y)
    return layers.ReLU()(layers.Add()([x, y]))


def _up(x, channels, skip=None):
    x = layers.Conv2D(channels, 1, padding="same")(x)
    x = layers.UpSampling2D(2, interpolation="nearest")(x)
    if skip is not None:
        x = layers.Add()([x, layers.Conv2D(channels, 1, padding="same")(skip)])
    return _conv(x, channels)


def build_autoencoder(*, widths=(24, 48, 96, 128), dropout=0.0, attention=None):
    """Build the network on patches of any size divisible by 16.

    Parameters
    ----------
    widths : four ints
        Channels at strides 2, 4, 8 and 16.
    dropout : float
        Spatial dropout in the bottleneck, 0 to 1.
    attention : keras.Layer or None
        Layer returning (attended, weights, scores); `ImageAttention` in sigmoid mode if None.

    Returns
    -------
    keras.Model
        Input (batch, rows, cols, 1), standardised grey levels. Outputs by name: ``score``
        (batch, rows, cols, 1) map logits; ``coarse`` (batch, rows/16, cols/16, 1) attention
        scores before the sigmoid; ``reconstruction`` (batch, rows, cols, 1).
    """
    w2, w4, w8, w16 = widths
    patch = keras.Input((None, None, 1), name="patch")
    x2 = _conv(_conv(patch, w2, stride=2, kernel=4), w2)
    x4 = _conv(_conv(x2, w4, stride=2), w4)
    x8 = _residual(_conv(x4, w8, stride=2), w8)
    h = _conv(x8, w16, stride=2)
    for dilation in (1, 2):
        h = _residual(h, w16, dilation=dilation)
    if dropout:
        h = layers.SpatialDropout2D(dropout)(h)
    attended, _weights, scores = (attention or ImageAttention(64, "sigmoid", name="attention"))(h)

    unattended = layers.Subtract(name="unattended")([h, attended])
    r = _up(unattended, 64)
    r = _up(r, 32)
    r = _up(r, 16)
    reconstruction = layers.Conv2DTranspose(1, 4, strides=2, padding="same", name="reconstruction")(r)

    difference = layers.Subtract()([patch, reconstruction])
    residual = _conv(difference, 8, stride=2, kernel=4)
    m = _up(layers.Concatenate()([h, scores]), 64, x8)
    m = _up(m, w4, x4)
    m = _up(m, w2, layers.Concatenate()([x2, residual]))
    m = _conv(m, w2)
    score = Upsample(2, name="enlarge")(layers.Conv2D(1, 3, padding="same", name="map")(m))
    outputs = {
        "score": layers.Activation("linear", dtype="float32", name="score")(score),
        "coarse": layers.Activation("linear", dtype="float32", name="coarse")(scores),
        "reconstruction": layers.Activation("linear", dtype="float32", name="rec")(reconstruction),
    }
    return keras.Model(patch, outputs, name="attention_guided_autoencoder")
