"""The number of looks at each tile that an exported network takes by itself."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeAlias

import numpy as np

LOOKS = "looks"  # the optional input of a graph, int32 scalar
View: TypeAlias = Callable[[np.ndarray], np.ndarray]
# The looks at tiles (n, rows, cols), in the order in which an exported graph takes them. Each is its own inverse.
VIEWS: tuple[View, ...] = (
    lambda tiles: tiles,
    lambda tiles: tiles[:, ::-1, ::-1],
    lambda tiles: tiles[:, ::-1],
    lambda tiles: tiles[:, :, ::-1],
)
SMALLEST = float(np.finfo(np.float32).tiny)


def with_default_looks(graph: bytes, looks: int) -> bytes:
    """Return the graph of a network with another default number of looks.

    Parameters
    ----------
    graph : bytes
        An ONNX model with an optional input ``looks``.
    looks : int
        1, 2 or 4.

    Raises
    ------
    ValueError
        If the graph has no such input.
    """
    import onnx
    from onnx import numpy_helper

    model = onnx.load_model_from_string(graph)
    for value in model.graph.initializer:
        if value.name == LOOKS:
            value.CopyFrom(numpy_helper.from_array(np.array(looks, np.int32), LOOKS))
            return bytes(model.SerializeToString())
    raise ValueError("this graph always takes the same number of looks")


def scores_by_looks(score_once: View, tiles: np.ndarray, numbers: Collection[int]) -> dict[int, np.ndarray]:
    """Return the scores of several numbers of looks, for the cost of the largest of them.

    A graph takes the mean of the logits of its looks, smooths it and applies softplus. Smoothing and mean can change
    places, so the mean of the logits of single looks gives the same.

    Parameters
    ----------
    score_once : callable
        From tiles to the scores of one look, both float32, shape (n, T, T).
    tiles : ndarray of float32, shape (n, T, T)
    numbers : collection of int
        1, 2 and 4, or some of them.
    """
    scores, total = {}, np.zeros(tiles.shape)
    for number, view in enumerate(VIEWS[: max(numbers)], start=1):
        once = np.maximum(view(score_once(view(tiles))), SMALLEST).astype(np.float64)
        total += once + np.log(-np.expm1(-once))  # the inverse of softplus
        if number in numbers:
            scores[number] = np.logaddexp(0, total / number).astype(np.float32)
    return scores
