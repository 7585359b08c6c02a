"""Norms of the gradients, logged so that vanishing or exploding gradients show in the training history."""

from __future__ import annotations

from typing import Any

import numpy as np

from semscan.model.tf_import import keras, ops, tf

Examples = tuple[np.ndarray, dict[str, np.ndarray]]


class GradientNorms(keras.callbacks.Callback):
    """After each round, add ``gradient_norm`` and ``gradient_norm_first`` of a few held-out examples to its logs.

    Parameters
    ----------
    examples : tuple of arrays
        (inputs, targets); the first `most` are used.
    """

    def __init__(self, examples: Examples, most: int = 2) -> None:
        super().__init__()
        inputs, targets = examples
        self.inputs = inputs[:most]
        self.targets = {name: values[:most] for name, values in targets.items()}

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Add the norms to `logs`, which the callbacks after this one record."""
        if logs is not None:
            logs.update(gradient_norms(self.model, self.inputs, self.targets))


def gradient_norms(model: keras.Model, inputs: np.ndarray, targets: dict[str, np.ndarray]) -> dict[str, float]:
    """Measure the norms of the gradient of the loss, before clipping.

    The network runs in inference mode, so that measuring changes nothing in it: batch norm updates no statistics,
    dropout draws no random numbers.

    Returns
    -------
    dict
        ``gradient_norm``, over all weights; ``gradient_norm_first``, over the kernel of the first layer. That layer is
        the farthest from the loss, so a vanishing gradient shows there first.
    """
    with tf.GradientTape() as tape:
        outputs = model(inputs, training=False)
        loss = model.compute_loss(inputs, targets, outputs, training=False)
    gradients = tape.gradient(loss, model.trainable_variables)
    squares = [float(ops.sum(ops.square(ops.cast(each, "float32")))) for each in gradients if each is not None]
    return {"gradient_norm": sum(squares) ** 0.5, "gradient_norm_first": squares[0] ** 0.5}
