"""Draws of single patches to TensorFlow batches."""

from __future__ import annotations

import numpy as np
import tensorflow as tf


def stream(draw, *, batch, seed, first_step=0, ahead=4):
    """Endless batches, the same for the same seed and step, drawn in a thread beside training.

    Parameters
    ----------
    draw : callable
        ``draw(rng)`` gives one example: (input, targets), an array (rows, cols, 1) and a dict of
        arrays.
    batch : int
        Examples a batch.
    seed, first_step : int
        Batch number k is drawn with the generator seeded by (seed, k), so that a resumed training
        sees what an uninterrupted one would have seen.

    Returns
    -------
    tf.data.Dataset of (float32 (batch, rows, cols, 1), dict of such)
    """
    example = collate([draw(np.random.default_rng([seed, 0]))])

    def spec(array):
        return tf.TensorSpec((batch, *array.shape[1:]), array.dtype)

    def batches():
        step = first_step
        while True:
            rng = np.random.default_rng([seed, step])
            yield collate([draw(rng) for _ in range(batch)])
            step += 1

    signature = (spec(example[0]), {name: spec(a) for name, a in example[1].items()})
    return tf.data.Dataset.from_generator(batches, output_signature=signature).prefetch(ahead)


def collate(examples):
    """Stack examples into one batch of arrays."""
    inputs = np.stack([x for x, _ in examples])
    return inputs, {name: np.stack([y[name] for _, y in examples]) for name in examples[0][1]}
