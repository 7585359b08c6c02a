"""The comparison network: a small U-Net with attention gates, and how it is taught and exported."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from benchmarks.comparison.examples import CLASSES, UNSURE
from semscan.model.networks.layers import Upsample
from semscan.runtime.comparison_network import CHANNELS

CROP = 128
BATCH = 16
WIDTHS = (12, 24, 40, 64)
HARDEST = 0.01  # share of the pixels that count once more


def conv(x, width, *, stride=1, separable=False):
    """Convolve, normalise and rectify."""
    layer = layers.SeparableConv2D if separable else layers.Conv2D
    x = layer(width, 3, strides=stride, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.97)(x))


def residual(x, width):
    """Add two convolutions to their input."""
    return layers.Add()([x, conv(conv(x, width), width)])


def gated(skip, gate, width):
    """Let the coarser features decide where the finer ones count.

    An additive attention gate: O. Oktay et al., "Attention U-Net", MIDL 2018, arXiv:1804.03999, section 2.
    """
    joint = layers.ReLU()(layers.Add()([layers.Conv2D(width, 1)(skip), layers.Conv2D(width, 1)(gate)]))
    attention = layers.Conv2D(1, 1, activation="sigmoid")(joint)
    return layers.Multiply()([skip, attention])


def enlarged(x):
    """Double the size of features."""
    return Upsample()(x)


def network(side=None):
    """Build the network: channels (n, rows, cols, CHANNELS) to log-odds (n, rows, cols) and kinds at a quarter."""
    seen = keras.Input((side, side, CHANNELS))
    half = conv(conv(seen, WIDTHS[0], stride=2), WIDTHS[0], separable=True)
    quarter = conv(conv(half, WIDTHS[1], stride=2), WIDTHS[1])
    eighth = residual(conv(quarter, WIDTHS[2], stride=2), WIDTHS[2])
    x = residual(residual(conv(eighth, WIDTHS[3], stride=2), WIDTHS[3]), WIDTHS[3])
    x = enlarged(layers.Conv2D(WIDTHS[2], 1)(x))
    x = conv(layers.Concatenate()([x, gated(eighth, x, 24)]), WIDTHS[2])
    x = enlarged(layers.Conv2D(WIDTHS[1], 1)(x))
    x = conv(layers.Concatenate()([x, gated(quarter, x, 16)]), WIDTHS[1])
    kinds = layers.Conv2D(len(CLASSES), 1)(x)
    x = enlarged(layers.Conv2D(WIDTHS[0], 1)(x))
    x = conv(layers.Concatenate()([x, gated(half, x, 8)]), WIDTHS[0], separable=True)
    score = enlarged(layers.Conv2D(1, 3, padding="same", bias_initializer=keras.initializers.Constant(-3.0))(x))
    return keras.Model(seen, [score, kinds])


class Batches:
    """Random crops of examples, mirrored, turned and inverted. Examples may be added at any time."""

    def __init__(self, rng):
        self.channels = []
        self.labels = []
        self.places = []
        self.rng = rng

    def add(self, channels, label):
        """Add an example: channels float16 (rows, cols, CHANNELS), label uint8 (rows, cols)."""
        self.channels.append(channels)
        self.labels.append(label)
        self.places.append(np.argwhere((label > 0) & (label < UNSURE)).astype(np.int16))

    def draw(self):
        """Return (channels (BATCH, CROP, CROP, CHANNELS), labels (BATCH, CROP, CROP))."""
        both = [self._one(int(self.rng.integers(len(self.channels)))) for _ in range(BATCH)]
        return np.stack([one[0] for one in both]), np.stack([one[1] for one in both])

    def _one(self, number):
        rng = self.rng
        channels = self.channels[number]
        label = self.labels[number]
        corner = []
        towards = self.places[number]
        aim = towards[rng.integers(len(towards))] if len(towards) and rng.random() < 0.6 else None
        for axis, side in enumerate(label.shape):
            room = max(0, side - CROP)
            at = rng.integers(room + 1) if aim is None else int(aim[axis]) - rng.integers(8, CROP - 8)
            corner.append(int(np.clip(at, 0, room)))
        window = tuple(slice(at, at + CROP) for at in corner)
        x = channels[window].astype(np.float32)
        y = label[window]
        short = [(0, CROP - side) for side in y.shape]
        if any(after for _, after in short):
            x = np.pad(x, (*short, (0, 0)), mode="reflect" if max(a for _, a in short) < min(y.shape) else "edge")
            y = np.pad(y, short, constant_values=UNSURE)
        for axis in (0, 1):
            if rng.random() < 0.5:
                x = np.flip(x, axis)
                y = np.flip(y, axis)
        if rng.random() < 0.5:
            x = x.transpose(1, 0, 2)
            y = y.T
        x = x.copy()
        if rng.random() < 0.5:
            x[..., :5] *= -1  # dark on bright instead of bright on dark; the last channel has no sign
        x[..., :2] *= np.exp(rng.normal(0, 0.1))
        x[..., 2:] *= np.exp(rng.normal(0, 0.06))
        return x, y


def loss_of(score, kinds, labels):
    """Compute the loss: of each pixel, of the hardest once more, of the overlap, and of the kinds of defects."""
    known = tf.cast(labels != UNSURE, tf.float32)
    defect = tf.cast(labels > 0, tf.float32) * known
    logits = score[..., 0]
    pixel = tf.nn.sigmoid_cross_entropy_with_logits(labels=defect, logits=logits) * known
    hardest = tf.reduce_mean(tf.sort(tf.reshape(pixel, [-1]), direction="DESCENDING")[: int(HARDEST * BATCH * CROP**2)])
    share = tf.sigmoid(logits) * known
    overlap = 1 - (2 * tf.reduce_sum(share * defect) + 1) / (tf.reduce_sum(share) + tf.reduce_sum(defect) + 1)
    coarse = labels[:, 2::4, 2::4]
    named = tf.cast((coarse > 0) & (coarse != UNSURE), tf.float32)
    target = tf.cast(tf.maximum(coarse, 1) - 1, tf.int32)
    target = tf.one_hot(tf.minimum(target, len(CLASSES) - 1), len(CLASSES)) * 0.95 + 0.05 / len(CLASSES)
    naming = tf.nn.softmax_cross_entropy_with_logits(labels=target, logits=kinds) * named
    naming = tf.reduce_sum(naming) / (tf.reduce_sum(named) + 1)
    return 3 * tf.reduce_mean(pixel) + 0.3 * hardest + 0.5 * overlap + 0.25 * naming


def teach(batches, refresh, steps, seed, start, log):
    """Teach a network on batches, and return it with a moving average of its weights.

    `refresh` is called every thousand steps: examples may still be drawn while the network learns.
    """
    keras.utils.set_random_seed(seed)
    model = network()
    if start:
        model.load_weights(start)
    rate = keras.optimizers.schedules.CosineDecay(1e-5, steps, warmup_target=2e-3, warmup_steps=200)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=1e-3, clipnorm=1.0, use_ema=True, ema_momentum=0.998)

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            score, kinds = model(x, training=True)
            loss = loss_of(score, kinds, y)
        weights = model.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        return loss

    recent = []
    for number in range(steps):
        if number % 1000 == 0:
            refresh()
        x, y = batches.draw()
        recent.append(float(step(tf.constant(x), tf.constant(y))))
        if (number + 1) % 250 == 0:
            log(f"step {number + 1}: loss {np.mean(recent[-250:]):.4f}")
    optimizer.finalize_variable_values(model.trainable_variables)
    return model


def graph_of(model, threshold):
    """Export a network as an ONNX model, bytes, for `semscan.runtime.comparison_network`."""
    import onnx
    import tf2onnx

    @tf.function(input_signature=[tf.TensorSpec((1, None, None, CHANNELS), tf.float32, name="channels")])
    def infer(channels):
        return {"log_odds": tf.identity(model(channels, training=False)[0][..., 0], name="log_odds")}

    proto, _ = tf2onnx.convert.from_function(infer, input_signature=infer.input_signature, opset=17)
    onnx.helper.set_model_props(proto, {"threshold": f"{threshold:.4f}"})
    return proto.SerializeToString()
