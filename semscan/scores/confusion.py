"""What a classifier called each class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def confusion(true: Sequence[str], told: Sequence[str]) -> dict[str, Any]:
    """Count what images of each class were called.

    Returns
    -------
    dict
        ``classes`` in order, ``matrix`` (rows true, columns told), ``accuracy``, and per class
        ``recall`` and ``precision`` (None where nothing was of it, or called it).

    Examples
    --------
    >>> confusion(["good", "gap", "gap"], ["good", "gap", "good"])["matrix"]
    [[1, 1], [0, 1]]
    """
    classes = sorted({*true, *told})
    matrix = np.zeros((len(classes), len(classes)), int)
    for is_, called in zip(true, told, strict=True):
        matrix[classes.index(is_), classes.index(called)] += 1
    right, of_true, of_told = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)

    def share(part: np.ndarray, whole: np.ndarray) -> dict[str, float | None]:
        return {n: int(p) / int(w) if w else None for n, p, w in zip(classes, part, whole, strict=True)}

    return {
        "classes": classes,
        "matrix": matrix.tolist(),
        "images": len(true),
        "accuracy": int(right.sum()) / len(true) if true else None,
        "recall": share(right, of_true),
        "precision": share(right, of_told),
    }
