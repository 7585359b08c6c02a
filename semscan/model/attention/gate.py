"""Attention gates: coarse features decide what of the fine ones may pass."""

from __future__ import annotations

from semscan.model.attention.base import Attention
from semscan.model.tf_import import keras, layers, ops, tf

_OPEN = 2.0  # a gate starts at sigmoid(2) = 0.88: training begins near the network without gates


@keras.saving.register_keras_serializable("semscan")
class AttentionGate(Attention):
    """A gate on fine features x, opened by a coarser signal g: ``alpha_i = sigmoid(q_i)``, ``alpha_i x_i``.

    ``q_i = psi' relu(Wx x_i + Wg g_i + b) + c``. Called on the pair ``[g, x]``, both (batch, rows, cols, own
    channels); called on x alone, its own surroundings are the signal: means of 4 x 4 positions, enlarged.

    Parameters
    ----------
    units : int
        Width of the hidden projection.
    joins : bool
        Return ``g + alpha x`` for `attended`, as the decoder of an autoencoder wants it; g and x then have as many
        channels.

    Returns
    -------
    attended, weights, scores
        `weights` (alpha) and `scores` (q) have shape (batch, rows, cols, 1).

    References
    ----------
    Oktay et al., "Attention U-Net: Learning Where to Look for the Pancreas", MIDL 2018, section 2.1, equations 1
    and 2. arXiv:1804.03999. In classifiers: Schlemper et al., Medical Image Analysis 53, 2019,
    doi:10.1016/j.media.2019.01.012.
    """

    def __init__(self, units=32, joins=False, **kwargs):
        super().__init__(**kwargs)
        self.units, self.joins = units, joins
        self.pool = layers.AveragePooling2D(4, padding="same", dtype=self.dtype_policy)

    def build(self, input_shape):
        """Create Wx, Wg (own channels, units), b (units,), psi (units, 1), c (1,)."""
        pair = isinstance(input_shape[0], (tuple, list))
        signal, fine = input_shape if pair else (input_shape, input_shape)
        self.wx = self.weight("wx", (fine[-1], self.units), "he_normal")
        self.wg = self.weight("wg", (signal[-1], self.units), "he_normal")
        self.b = self.weight("b", (self.units,), "zeros")
        self.psi = self.weight("psi", (self.units, 1))
        self.c = self.weight("c", (1,), keras.initializers.Constant(_OPEN))

    def call(self, inputs):
        """Gate x, of ``[g, x]`` or alone."""
        signal, fine = inputs if isinstance(inputs, (tuple, list)) else (self._around(inputs), inputs)
        hidden = ops.relu(ops.matmul(fine, self.wx) + ops.matmul(signal, self.wg) + self.b)
        scores = ops.matmul(hidden, self.psi) + self.c
        weights = ops.sigmoid(scores)
        attended = signal + fine * weights if self.joins else fine * weights
        return attended, weights, scores

    def _around(self, fine):
        means = tf.image.resize(self.pool(fine), tf.shape(fine)[1:3], method="bilinear")
        return ops.cast(means, fine.dtype)

    def compute_output_shape(self, input_shape):
        """Shapes of attended, weights and scores."""
        fine = input_shape[1] if isinstance(input_shape[0], (tuple, list)) else input_shape
        return tuple(fine), (*fine[:-1], 1), (*fine[:-1], 1)

    def get_config(self):
        """Return what rebuilds this layer."""
        return {**super().get_config(), "units": self.units, "joins": self.joins}


def gates(use):
    """A gate by its own surroundings, for networks without skips."""
    return AttentionGate(name=use.name)
