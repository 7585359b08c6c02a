"""The type of each true defect, the class predicted for it, and how often the two agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from semscan.scores.defects import SMALLEST
from semscan.scores.intervals import share_interval, spread
from semscan.settings import UNKNOWN
from semscan.values import Box, Region


@dataclass(frozen=True, slots=True)
class DefectType:
    """The type of one true defect, None if unknown, and the class of the region on it.

    `predicted` is None where no region that counts lies on it, or where that region has no class.
    """

    true: str | None
    predicted: str | None


def type_defects(
    truth: np.ndarray,
    labels: np.ndarray,
    regions: Mapping[int, Region],
    class_name: str | None,
    painted: Sequence[tuple[str, Box]] = (),
) -> tuple[DefectType, ...]:
    """Find the type of each true defect, and the class of the region with the highest peak on it.

    In the order of `semscan.scores.defects.true_defects`.

    Parameters
    ----------
    truth : ndarray of bool, shape (rows, cols)
    labels : ndarray of int, same shape
        The label of the region of each pixel, 0 for none.
    regions : mapping of int to Region
        Those that count, by label.
    class_name : str, optional
        The type of defects that lie in none of the boxes of `painted`.
    painted : sequence of (kind, Box)
        Synthetic defects. A defect is of the kind whose box holds most of it; of two that hold as much, the smaller.
    """
    if not truth.any():
        return ()
    pixels = np.flatnonzero(truth)
    _, components = cv2.connectedComponents(truth.astype(np.uint8), connectivity=8)
    owners = components.ravel()[pixels]
    areas = np.bincount(owners)
    types = []
    for number in np.flatnonzero(areas >= SMALLEST):
        inside = pixels[owners == number]
        true = _true_type(np.unravel_index(inside, truth.shape), class_name, painted)
        types.append(DefectType(true, _predicted(labels.ravel()[inside], regions)))
    return tuple(types)


def type_figures(
    images: Sequence[Sequence[tuple[str, str | None]]], weights: np.ndarray
) -> tuple[dict[str, Any], dict[str, list[float] | None]]:
    """Count the predicted classes of the defects of each type.

    Parameters
    ----------
    images : sequence of sequences of (true, predicted)
        Type and predicted class of each defect, image by image; None is a defect that was not hit. At least one
        defect.
    weights : ndarray, shape (draws, images)
        How often each image counts in each draw, for the intervals.

    Returns
    -------
    figures : dict
        ``classes`` in order, ``unknown`` last, and ``matrix`` (rows true, columns predicted) of the ``defects`` that
        were hit; ``missed`` counts the others. By true class ``support`` (missed ones too), ``precision``,
        ``recall`` and ``f1``. ``macro_f1`` is the mean F1 of all true classes, as by ``f1_score(average="macro",
        labels=true classes)`` of scikit-learn; ``macro_f1_with_missed`` counts a missed defect as predicted wrongly.
    intervals : dict
        Of both, as ``types.macro_f1``. In each draw they are means over the classes that occur in it.
    """
    true, classes = _class_names(images)
    columns = [classes.index(name) for name in true]
    counts = _count_pairs(images, true, classes)
    total = counts.sum(axis=0)
    mixed = np.tensordot(weights, counts, axes=1)
    figures = _matrix_figures(total, true, classes, columns)
    intervals = {}
    for name, with_missed in {"macro_f1": False, "macro_f1_with_missed": True}.items():
        (mean,) = _macro_f1(total[None], columns, with_missed)
        figures[name] = float(mean) if np.isfinite(mean) else None
        resampled = _macro_f1(mixed, columns, with_missed)
        defects = int(total.sum() if with_missed else total[:, :-1].sum())
        # where all or no names are right, resampling shows no spread, but the share of the right ones has an interval
        is_one_value = defects > 0 and np.ptp(resampled) == 0 and resampled[0] in (0, 1)
        interval = share_interval(round(defects * float(resampled[0])), defects, resampled) if is_one_value else None
        intervals[f"types.{name}"] = interval or spread(resampled)
    return figures, intervals


def _class_names(images: Sequence[Sequence[tuple[str, str | None]]]) -> tuple[list[str], list[str]]:
    """List the true classes, and all classes, true or predicted, with ``unknown`` last."""
    pairs = [pair for image in images for pair in image]
    true = {true_class for true_class, _ in pairs}
    predicted = {name for _, name in pairs if name is not None}
    return sorted(true), sorted(true | predicted, key=lambda name: (name == UNKNOWN, name))


def _count_pairs(
    images: Sequence[Sequence[tuple[str, str | None]]], true: Sequence[str], classes: Sequence[str]
) -> np.ndarray:
    """Count the pairs of each image, (images, true, predicted); the last column holds missed defects."""
    counts = np.zeros((len(images), len(true), len(classes) + 1))
    for row, image in enumerate(images):
        for true_class, predicted in image:
            column = len(classes) if predicted is None else classes.index(predicted)
            counts[row, true.index(true_class), column] += 1
    return counts


def _matrix_figures(
    counts: np.ndarray, true: Sequence[str], classes: Sequence[str], columns: list[int]
) -> dict[str, Any]:
    """Compute the figures of one confusion matrix (true, predicted and missed)."""
    hit = counts[:, :-1]
    missed = counts[:, -1]
    correct = hit[np.arange(len(true)), columns]
    by_true = hit.sum(axis=1)
    by_predicted = hit.sum(axis=0)
    matrix = np.zeros((len(classes), len(classes)), int)
    matrix[columns] = hit
    defects = int(hit.sum())
    unknown = float(by_predicted[classes.index(UNKNOWN)]) if UNKNOWN in classes else 0.0
    return {
        "classes": classes,
        "matrix": matrix.tolist(),
        "defects": defects,
        "missed": int(missed.sum()),
        "support": {name: int(count) for name, count in zip(true, by_true + missed, strict=True)},
        "accuracy": float(correct.sum()) / defects if defects else None,
        "precision": _shares(true, correct, by_predicted[columns]),
        "recall": _shares(true, correct, by_true),
        "f1": dict(zip(true, _f1(counts, columns).tolist(), strict=True)),
        "unknown_share": unknown / defects if defects else None,
    }


def _true_type(
    pixels: tuple[np.ndarray, ...], class_name: str | None, painted: Sequence[tuple[str, Box]]
) -> str | None:
    """Find the kind of the box that holds most of `pixels` (rows, cols); `class_name` if none holds any."""
    rows, cols = pixels
    held = []
    for kind, box in painted:
        inside = (box.top <= rows) & (rows < box.bottom) & (box.left <= cols) & (cols < box.right)
        held.append((int(inside.sum()), -(box.bottom - box.top) * (box.right - box.left), kind))
    most, _, kind = max(held, default=(0, 0, ""))
    return kind if most else class_name


def _predicted(labels: np.ndarray, regions: Mapping[int, Region]) -> str | None:
    on_defect = [regions[label] for label in np.unique(labels).tolist() if label in regions]
    return max(on_defect, key=lambda region: region.peak).class_name if on_defect else None


def _f1(counts: np.ndarray, columns: list[int], with_missed: bool = False) -> np.ndarray:
    """Compute F1 of each true class, 0 where no defect is of it or predicted as it.

    `counts` is (..., true, predicted and missed); `columns` are the columns of the true classes.
    """
    hit = counts[..., :-1]
    correct = hit[..., np.arange(len(columns)), columns]
    true_and_predicted = hit.sum(axis=-1) + hit.sum(axis=-2)[..., columns] + (counts[..., -1] if with_missed else 0)
    return 2 * correct / np.maximum(true_and_predicted, 1)


def _macro_f1(counts: np.ndarray, columns: list[int], with_missed: bool) -> np.ndarray:
    """Average F1 over the classes that occur, for each of `counts` (n, true, predicted and missed).

    NaN where no defect counts.
    """
    occurs = counts.sum(axis=-1) > 0
    counted = counts.sum(axis=(-1, -2)) if with_missed else counts[..., :-1].sum(axis=(-1, -2))
    mean = (_f1(counts, columns, with_missed) * occurs).sum(axis=-1) / np.maximum(occurs.sum(axis=-1), 1)
    return np.where(counted > 0, mean, np.nan)


def _shares(names: Sequence[str], part: np.ndarray, whole: np.ndarray) -> dict[str, float | None]:
    return {name: float(p / w) if w else None for name, p, w in zip(names, part, whole, strict=True)}
