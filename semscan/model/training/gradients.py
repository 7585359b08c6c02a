"""How long the gradients are: the trace in the training log that shows that none vanishes or explodes."""

from __future__ import annotations

from semscan.model.tf_import import keras, ops, tf


class GradientNorms(keras.callbacks.Callback):
    """After each round, add ``gradient_norm`` and ``gradient_norm_first`` of a few held-back examples to its log.

    Parameters
    ----------
    examples : tuple of arrays
        (inputs, targets); the first `most` are used.
    """

    def __init__(self, examples, most=2):
        super().__init__()
        inputs, targets = examples
        self.inputs, self.targets = inputs[:most], {name: values[:most] for name, values in targets.items()}

    def on_epoch_end(self, epoch, logs=None):
        logs.update(gradient_norms(self.model, self.inputs, self.targets))


def gradient_norms(model, inputs, targets):
    """Lengths of the gradient of the loss, before clipping.

    The network runs as in inference, so that this look changes nothing in it (batch norm counts no batch, dropout
    draws nothing).

    Returns
    -------
    dict
        ``gradient_norm``, over all weights; ``gradient_norm_first``, over the kernel of the first layer, the
        farthest from the loss, where it would vanish.
    """
    with tf.GradientTape() as tape:
        outputs = model(inputs, training=False)
        loss = model.compute_loss(inputs, targets, outputs, training=False)
    each = tape.gradient(loss, model.trainable_variables)
    squares = [float(ops.sum(ops.square(ops.cast(g, "float32")))) for g in each if g is not None]
    return {"gradient_norm": sum(squares) ** 0.5, "gradient_norm_first": squares[0] ** 0.5}
