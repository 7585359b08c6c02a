"""What type each true defect is, what it was called, and how often that was right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from semscan.scores.defects import SMALLEST
from semscan.scores.intervals import spread
from semscan.settings import UNKNOWN
from semscan.values import Box, Region


@dataclass(frozen=True, slots=True)
class DefectType:
    """The type of one true defect, None if nothing says it, and the class of the region on it.

    `told` is None where no region that counts lies on it, or where that region has no class.
    """

    true: str | None
    told: str | None


def type_defects(
    truth: np.ndarray,
    numbered: np.ndarray,
    regions: Mapping[int, Region],
    class_name: str | None,
    planted: Sequence[tuple[str, Box]] = (),
) -> tuple[DefectType, ...]:
    """Find the type of each true defect, and what the hottest region on it is called.

    Parameters
    ----------
    truth : ndarray of bool, shape (rows, cols)
    numbered : ndarray of int, same shape
        The number of the region of each pixel, 0 for none.
    regions : mapping of int to Region
        Those that count, by number.
    class_name : str, optional
        The type of defects that lie in none of the boxes of `planted`.
    planted : sequence of (kind, Box)
        A defect is of the kind whose box holds most of it; of two that hold as much, the smaller.

    Returns
    -------
    tuple of Typed
        In the order of `semscan.scores.defects.true_defects`.
    """
    places = np.flatnonzero(truth)
    if not places.size:
        return ()
    _, labels = cv2.connectedComponents(truth.astype(np.uint8), connectivity=8)
    owners = labels.ravel()[places]
    areas = np.bincount(owners)
    found = []
    for number in np.flatnonzero(areas >= SMALLEST):
        own = places[owners == number]
        is_ = _true_type(np.unravel_index(own, truth.shape), class_name, planted)
        found.append(DefectType(is_, _told(numbered.ravel()[own], regions)))
    return tuple(found)


def type_figures(
    images: Sequence[Sequence[tuple[str, str | None]]], drawn: np.ndarray
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Count what the defects of each type were called.

    Parameters
    ----------
    images : sequence of sequences of (true, told)
        Type and name of each defect, image by image; a name of None is a defect that was not hit. At least one
        defect.
    drawn : ndarray, shape (draws, images)
        How often each image counts, for the intervals.

    Returns
    -------
    figures : dict
        ``classes`` in order, ``unknown`` last, and ``matrix`` (rows true, columns told) of the ``defects`` that
        were hit; ``missed`` counts the others. By true class ``support`` (missed ones too), ``precision``,
        ``recall`` and ``f1``. ``macro_f1`` is the mean F1 of all true classes, as by ``f1_score(average="macro",
        labels=true classes)`` of scikit-learn; ``macro_f1_with_missed`` takes a missed defect as called nothing.
    intervals : dict
        Of both, as ``types.macro_f1``. Of a draw, the classes that occur in it.
    """
    pairs = [pair for image in images for pair in image]
    true = sorted({is_ for is_, _ in pairs})
    names = {*true, *(called for _, called in pairs if called is not None)}
    classes = sorted(names, key=lambda name: (name == UNKNOWN, name))
    counts = np.zeros((len(images), len(true), len(classes) + 1))  # the last column: missed
    for row, image in enumerate(images):
        for is_, called in image:
            counts[row, true.index(is_), len(classes) if called is None else classes.index(called)] += 1
    own = [classes.index(name) for name in true]
    total = counts.sum(axis=0)
    hit, missed = total[:, :-1], total[:, -1]
    right, of_true, of_told = hit[np.arange(len(true)), own], hit.sum(axis=1), hit.sum(axis=0)
    matrix = np.zeros((len(classes), len(classes)), int)
    matrix[own] = hit
    defects = int(hit.sum())
    figures: dict[str, Any] = {
        "classes": classes,
        "matrix": matrix.tolist(),
        "defects": defects,
        "missed": int(missed.sum()),
        "support": {name: int(count) for name, count in zip(true, of_true + missed, strict=True)},
        "accuracy": float(right.sum()) / defects if defects else None,
        "precision": _shares(true, right, of_told[own]),
        "recall": _shares(true, right, of_true),
        "f1": dict(zip(true, _f1(total, own).tolist(), strict=True)),
    }
    unknown = of_told[classes.index(UNKNOWN)] if UNKNOWN in names else 0
    figures["unknown_share"] = float(unknown) / defects if defects else None
    means, mixed = {"macro_f1": False, "macro_f1_with_missed": True}, np.tensordot(drawn, counts, axes=1)
    for name, with_missed in means.items():
        (mean,) = _macro_f1(total[None], own, with_missed)
        figures[name] = float(mean) if np.isfinite(mean) else None
    return figures, {f"types.{name}": spread(_macro_f1(mixed, own, with_)) for name, with_ in means.items()}


def _true_type(at: tuple[np.ndarray, ...], class_name: str | None, planted: Sequence[tuple[str, Box]]) -> str | None:
    rows, cols = at

    def held(box: Box) -> int:
        return int(((box.top <= rows) & (rows < box.bottom) & (box.left <= cols) & (cols < box.right)).sum())

    inside = [(held(box), -(box.bottom - box.top) * (box.right - box.left), kind) for kind, box in planted]
    most, _, kind = max(inside, default=(0, 0, ""))
    return kind if most else class_name


def _told(numbers: np.ndarray, regions: Mapping[int, Region]) -> str | None:
    there = [regions[number] for number in np.unique(numbers).tolist() if number in regions]
    return max(there, key=lambda region: region.peak).class_name if there else None


def _f1(counts: np.ndarray, own: list[int], with_missed: bool = False) -> np.ndarray:
    """F1 of each true class, 0 where nothing was of it or called it; `counts` is (..., true, told and missed)."""
    hit = counts[..., :-1]
    right = hit[..., np.arange(len(own)), own]
    both = hit.sum(axis=-1) + hit.sum(axis=-2)[..., own] + (counts[..., -1] if with_missed else 0)
    return 2 * right / np.maximum(both, 1)


def _macro_f1(counts: np.ndarray, own: list[int], with_missed: bool) -> np.ndarray:
    """Mean F1 of the classes that occur, for each of `counts` (n, true, told and missed); NaN if nothing counts."""
    occurs = counts.sum(axis=-1) > 0
    counted = counts.sum(axis=(-1, -2)) if with_missed else counts[..., :-1].sum(axis=(-1, -2))
    mean = (_f1(counts, own, with_missed) * occurs).sum(axis=-1) / np.maximum(occurs.sum(axis=-1), 1)
    return np.where(counted > 0, mean, np.nan)


def _shares(names: Sequence[str], part: np.ndarray, whole: np.ndarray) -> dict[str, float | None]:
    return {name: float(p / w) if w else None for name, p, w in zip(names, part, whole, strict=True)}
