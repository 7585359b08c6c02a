"""Single training examples as TensorFlow batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import numpy as np

from semscan.model.tf_import import tf

Example: TypeAlias = tuple[np.ndarray, dict[str, np.ndarray]]


def stream(
    draw: Callable[[np.random.Generator], Example],
    *,
    batch: int,
    seed: int,
    first_step: int = 0,
    ahead: int = 4,
) -> tf.data.Dataset:
    """Make an endless dataset of batches, drawn in a thread next to training; the same for the same seed and step.

    Parameters
    ----------
    draw : callable
        ``draw(rng)`` gives one example: (input, targets), an array (rows, cols, 1) and a dict of
        arrays.
    batch : int
        Examples in a batch.
    seed, first_step : int
        Batch number k is drawn with the generator seeded by (seed, k). So a resumed training gets the same batches
        as an uninterrupted one.
    ahead : int
        Batches drawn in advance.

    Returns
    -------
    tf.data.Dataset of (float32 (batch, rows, cols, 1), dict of such)
    """
    inputs, targets = collate([draw(np.random.default_rng([seed, 0]))])

    def spec(array: np.ndarray) -> tf.TensorSpec:
        return tf.TensorSpec((batch, *array.shape[1:]), array.dtype)

    def batches() -> Iterator[Example]:
        step = first_step
        while True:
            rng = np.random.default_rng([seed, step])
            yield collate([draw(rng) for _ in range(batch)])
            step += 1

    signature = (spec(inputs), {name: spec(array) for name, array in targets.items()})
    return tf.data.Dataset.from_generator(batches, output_signature=signature).prefetch(ahead)


def collate(examples: Sequence[Example]) -> Example:
    """Stack examples into one batch of arrays."""
    inputs = np.stack([image for image, _ in examples])
    _, first_targets = examples[0]
    return inputs, {name: np.stack([targets[name] for _, targets in examples]) for name in first_targets}
