"""Attention gates: coarse features gate the fine ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from semscan.model.attention.base import Attention, AttentionOutput
from semscan.model.registry import AttentionRole
from semscan.model.tf_import import Shape, Tensor, keras, layers, ops, tf

_OPEN = 2.0  # a gate starts at sigmoid(2) = 0.88, so that training begins close to the network without gates


@keras.saving.register_keras_serializable("semscan")
class AttentionGate(Attention):
    """A gate on fine features x, controlled by a coarser signal g: ``alpha_i = sigmoid(q_i)``, ``alpha_i x_i``.

    ``q_i = psi' relu(Wx x_i + Wg g_i + b) + c``. The layer is called on the pair ``[g, x]``, both (batch, rows, cols,
    own channels). Called on x alone, it takes the surroundings of each position as the signal: means of 4 x 4
    positions, enlarged.

    Parameters
    ----------
    units : int
        Width of the hidden projection.
    joins : bool
        Return ``g + alpha x`` for `attended`, as the decoder of the autoencoder needs it. g and x must then have the
        same number of channels.

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

    def __init__(self, units: int = 32, joins: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.joins = joins
        self.pool = layers.AveragePooling2D(4, padding="same", dtype=self.dtype_policy)

    def build(self, input_shape: Shape | Sequence[Shape]) -> None:
        """Create Wx, Wg (own channels, units), b (units,), psi (units, 1), c (1,)."""
        signal, fine = input_shape if _is_pair(input_shape) else (input_shape, input_shape)
        self.wx = self.new_weight("wx", (fine[-1], self.units), "he_normal")
        self.wg = self.new_weight("wg", (signal[-1], self.units), "he_normal")
        self.b = self.new_weight("b", (self.units,), "zeros")
        self.psi = self.new_weight("psi", (self.units, 1))
        self.c = self.new_weight("c", (1,), keras.initializers.Constant(_OPEN))

    def call(self, inputs: Tensor | Sequence[Tensor]) -> AttentionOutput:
        """Gate x; `inputs` is the pair ``[g, x]`` or x alone."""
        signal, fine = inputs if isinstance(inputs, (tuple, list)) else (self._surroundings(inputs), inputs)
        hidden = ops.relu(ops.matmul(fine, self.wx) + ops.matmul(signal, self.wg) + self.b)
        scores = ops.matmul(hidden, self.psi) + self.c
        weights = ops.sigmoid(scores)
        attended = signal + fine * weights if self.joins else fine * weights
        return attended, weights, scores

    def _surroundings(self, fine: Tensor) -> Tensor:
        means = tf.image.resize(self.pool(fine), tf.shape(fine)[1:3], method="bilinear")
        return ops.cast(means, fine.dtype)

    def compute_output_shape(self, input_shape: Shape | Sequence[Shape]) -> tuple[Shape, Shape, Shape]:
        """Return the shapes of attended, weights and scores."""
        fine = input_shape[1] if _is_pair(input_shape) else input_shape
        return tuple(fine), (*fine[:-1], 1), (*fine[:-1], 1)

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds this layer."""
        return {**super().get_config(), "units": self.units, "joins": self.joins}


def _is_pair(input_shape: Any) -> bool:
    return isinstance(input_shape[0], (tuple, list))


def gates(role: AttentionRole) -> AttentionGate:
    """Make a gate by the surroundings of each position, for networks without skip connections."""
    return AttentionGate(name=role.name)
