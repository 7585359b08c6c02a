"""The attention-guided autoencoder: learns from good images alone.

    patch -> encoder (strides 2, 4, 8, 16) -> context -> attention in the bottleneck
          -> decoder 1: the good patch from the unattended features             (reconstruction)
          -> decoder 2: skips + reconstruction residual + attention scores    (the map)

The attended features are removed before the reconstruction. So the network has to reconstruct what is attended to from
its surroundings. The second decoder joins the residual of this reconstruction with the attention scores and draws the
map at image resolution. No layer uses the whole patch at once: the map at a position depends only on its surroundings
(about 250 px).
"""

from __future__ import annotations

from semscan.model.attention import AttentionGate, ImageAttention
from semscan.model.attention.base import Attention
from semscan.model.networks.layers import BatchNormalization, Upsample
from semscan.model.tf_import import Tensor, keras, layers
from semscan.values.model.config import NetworkConfig

_LEAK = 0.1  # slope of the ReLUs before the map: with 0, channels died and the logits of the map ended at 0.6


def _conv(
    features: Tensor, channels: int, *, stride: int = 1, dilation: int = 1, kernel: int = 3, leak: float = 0.0
) -> Tensor:
    if stride > 1 and features.shape[-1] > 1:
        # Without this blur, a stride makes the map depend on where a tile begins.
        features = layers.AveragePooling2D(3, 1, padding="same")(features)
    features = layers.Conv2D(
        channels,
        kernel,
        strides=stride,
        dilation_rate=dilation,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
    )(features)
    return layers.ReLU(negative_slope=leak)(BatchNormalization(momentum=0.95)(features))


def _residual(features: Tensor, channels: int, *, dilation: int = 1) -> Tensor:
    residual = _conv(features, channels, dilation=dilation)
    residual = layers.Conv2D(channels, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(residual)
    residual = BatchNormalization(momentum=0.95)(residual)
    return layers.ReLU()(layers.Add()([features, residual]))


def _up(
    features: Tensor, channels: int, skip: Tensor | None = None, *, leak: float = 0.0, gate: str | None = None
) -> Tensor:
    """Double the size, add the skip connection (through a gate of this name, if given), and convolve."""
    features = layers.Conv2D(channels, 1, padding="same")(features)
    features = Upsample(2, "nearest")(features)
    if skip is not None:
        skip = layers.Conv2D(channels, 1, padding="same")(skip)
        if gate:
            features, _, _ = AttentionGate(joins=True, name=gate)([features, skip])
        else:
            features = layers.Add()([features, skip])
    return _conv(features, channels, leak=leak)


def build_autoencoder(
    *,
    widths: tuple[int, int, int, int] = (24, 48, 96, 128),
    dropout: float = 0.0,
    attention: Attention | None = None,
    gates: bool = False,
) -> keras.Model:
    """Build the network for patches of any size divisible by 16.

    Parameters
    ----------
    widths : four ints
        Channels at strides 2, 4, 8 and 16.
    dropout : float
        Spatial dropout in the bottleneck, 0 to 1.
    attention : Attention or None
        See `semscan.model.attention.base`; `ImageAttention` in sigmoid mode if None.
    gates : bool
        Whether the features of the second decoder gate each skip connection.

    Returns
    -------
    keras.Model
        Input (batch, rows, cols, 1), standardised grey levels. Outputs by name: ``score``
        (batch, rows, cols, 1), the logits of the map; ``coarse`` (batch, rows/16, cols/16, 1), the attention
        scores before the sigmoid; ``reconstruction`` (batch, rows, cols, 1).
    """
    width2, width4, width8, width16 = widths
    patch = keras.Input((None, None, 1), name="patch")
    stride2 = _conv(_conv(patch, width2, stride=2, kernel=4), width2)
    stride4 = _conv(_conv(stride2, width4, stride=2), width4)
    stride8 = _residual(_conv(stride4, width8, stride=2), width8)
    bottleneck = _conv(stride8, width16, stride=2)
    for dilation in (1, 2):
        bottleneck = _residual(bottleneck, width16, dilation=dilation)
    if dropout:
        bottleneck = layers.SpatialDropout2D(dropout)(bottleneck)
    attention = attention or ImageAttention(64, "sigmoid", name="attention")
    attended, _, scores = attention(bottleneck)

    reconstruction = _reconstruct(layers.Subtract(name="unattended")([bottleneck, attended]))
    difference = layers.Subtract()([patch, reconstruction])
    residual = _conv(difference, 8, stride=2, kernel=4)
    to_decode = layers.Concatenate()([attended if attention.replaces_features else bottleneck, scores])
    gate8, gate4, gate2 = (f"attention_gate{stride}" if gates else None for stride in (8, 4, 2))
    decoded = _up(to_decode, 64, stride8, gate=gate8)
    decoded = _up(decoded, width4, stride4, leak=_LEAK, gate=gate4)
    decoded = _up(decoded, width2, layers.Concatenate()([stride2, residual]), leak=_LEAK, gate=gate2)
    decoded = _conv(decoded, width2, leak=_LEAK)
    score = Upsample(2, name="enlarge")(layers.Conv2D(1, 3, padding="same", name="map")(decoded))
    outputs = {
        # In float32 also under mixed precision, as losses and calibration need it.
        "score": layers.Activation("linear", dtype="float32", name="score")(score),
        "coarse": layers.Activation("linear", dtype="float32", name="coarse")(scores),
        "reconstruction": layers.Activation("linear", dtype="float32", name="rec")(reconstruction),
    }
    return keras.Model(patch, outputs, name="attention_guided_autoencoder")


def _reconstruct(unattended: Tensor) -> Tensor:
    decoded = unattended
    for channels in (64, 32, 16):
        decoded = _up(decoded, channels)
    return layers.Conv2DTranspose(1, 4, strides=2, padding="same", name="reconstruction")(decoded)


def autoencoder_of(config: NetworkConfig, attention: Attention, gates: bool) -> keras.Model:
    """Build the network that `config` describes; see `semscan.settings.networks.NetworkKind`."""
    return build_autoencoder(dropout=config.dropout, attention=attention, gates=gates)
