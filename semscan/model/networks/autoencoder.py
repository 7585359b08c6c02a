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

from semscan.model.attention import AttentionGate, ImageAttention
from semscan.model.networks.layers import Upsample
from semscan.model.tf_import import keras, layers

_LEAK = 0.1  # before the map: with none, channels died and the map's logits ended at 0.6


def _conv(x, channels, *, stride=1, dilation=1, kernel=3, leak=0.0, name=None):
    if stride > 1 and x.shape[-1] > 1:  # blurred before it is thinned out: less depends on where a tile begins
        x = layers.AveragePooling2D(3, 1, padding="same")(x)
    x = layers.Conv2D(
        channels,
        kernel,
        strides=stride,
        dilation_rate=dilation,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=name,
    )(x)
    return layers.ReLU(negative_slope=leak)(layers.BatchNormalization(momentum=0.95)(x))


def _residual(x, channels, *, dilation=1):
    y = _conv(x, channels, dilation=dilation)
    y = layers.Conv2D(channels, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(y)
    y = layers.BatchNormalization(momentum=0.95)(y)
    return layers.ReLU()(layers.Add()([x, y]))


def _up(x, channels, skip=None, leak=0.0, gate=None):
    x = layers.Conv2D(channels, 1, padding="same")(x)
    x = layers.UpSampling2D(2, interpolation="nearest")(x)
    if skip is not None:
        skip = layers.Conv2D(channels, 1, padding="same")(skip)
        x = AttentionGate(joins=True, name=gate)([x, skip])[0] if gate else layers.Add()([x, skip])
    return _conv(x, channels, leak=leak)


def build_autoencoder(*, widths=(24, 48, 96, 128), dropout=0.0, attention=None, gates=False):
    """Build the network on patches of any size divisible by 16.

    Parameters
    ----------
    widths : four ints
        Channels at strides 2, 4, 8 and 16.
    dropout : float
        Spatial dropout in the bottleneck, 0 to 1.
    attention : keras.Layer or None
        Layer returning (attended, weights, scores), see `semscan.model.attention.base`; `ImageAttention` in
        sigmoid mode if None.
    gates : bool
        Whether what comes up the second decoder gates each skip.

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
    attention = attention or ImageAttention(64, "sigmoid", name="attention")
    attended, _weights, scores = attention(h)

    unattended = layers.Subtract(name="unattended")([h, attended])
    r = _up(unattended, 64)
    r = _up(r, 32)
    r = _up(r, 16)
    reconstruction = layers.Conv2DTranspose(1, 4, strides=2, padding="same", name="reconstruction")(r)

    difference = layers.Subtract()([patch, reconstruction])
    residual = _conv(difference, 8, stride=2, kernel=4)
    gate8, gate4, gate2 = (f"attention_gate{stride}" if gates else None for stride in (8, 4, 2))
    m = _up(layers.Concatenate()([attended if attention.refines else h, scores]), 64, x8, gate=gate8)
    m = _up(m, w4, x4, leak=_LEAK, gate=gate4)
    m = _up(m, w2, layers.Concatenate()([x2, residual]), leak=_LEAK, gate=gate2)
    m = _conv(m, w2, leak=_LEAK)
    score = Upsample(2, name="enlarge")(layers.Conv2D(1, 3, padding="same", name="map")(m))
    outputs = {
        "score": layers.Activation("linear", dtype="float32", name="score")(score),
        "coarse": layers.Activation("linear", dtype="float32", name="coarse")(scores),
        "reconstruction": layers.Activation("linear", dtype="float32", name="rec")(reconstruction),
    }
    return keras.Model(patch, outputs, name="attention_guided_autoencoder")
