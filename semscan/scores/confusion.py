"""Which class a classifier predicted for the images of each class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def confusion(true: Sequence[str], predicted: Sequence[str]) -> dict[str, Any]:
    """Count the predictions for images of each class.

    Returns
    -------
    dict
        ``classes`` in order, ``matrix`` (rows true, columns predicted), ``accuracy``, and per class
        ``recall`` and ``precision`` (None where no image is of the class, or was predicted as it).

    Examples
    --------
    >>> confusion(["good", "gap", "gap"], ["good", "gap", "good"])["matrix"]
    [[1, 1], [0, 1]]
    """
    classes = sorted({*true, *predicted})
    matrix = np.zeros((len(classes), len(classes)), int)
    for true_class, predicted_class in zip(true, predicted, strict=True):
        matrix[classes.index(true_class), classes.index(predicted_class)] += 1
    correct = np.diag(matrix)
    return {
        "classes": classes,
        "matrix": matrix.tolist(),
        "images": len(true),
        "accuracy": int(correct.sum()) / len(true) if true else None,
        "recall": _shares(classes, correct, matrix.sum(axis=1)),
        "precision": _shares(classes, correct, matrix.sum(axis=0)),
    }


def _shares(classes: Sequence[str], part: np.ndarray, whole: np.ndarray) -> dict[str, float | None]:
    return {name: int(p) / int(w) if w else None for name, p, w in zip(classes, part, whole, strict=True)}
