"""The record of an evaluation: what `evaluation.json` holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from semscan.values.detection import DetectionFigures
from semscan.values.json_record import JsonRecord
from semscan.values.record import OK, ErrorRecord

Interval = tuple[float, float]
_RECALL_KEYS = {"recall_at_01fp": "recall_at_0.1fp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AtThreshold(JsonRecord):
    """Figures at the threshold. From `hit` on they need masks; None is undefined. ``_95`` are 95 % intervals."""

    threshold: float
    defective_images_found: int
    good_images_flagged: int
    image_f1: float | None = None
    image_f1_of_calling_all_defective: float | None = None
    hit: int | None = None
    defects: int | None = None
    hit_share: float | None = None
    false_per_image: float | None = None
    false_per_good_image: float | None = None
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    f1_of_calling_all_defective: float | None = None
    false_regions: int | None = None
    false_per_image_95: Interval | None = None
    false_regions_on_good: int | None = None
    false_per_good_image_95: Interval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassFigures(JsonRecord):
    """Figures of the images of one class. From `defects` on they need masks."""

    KEYS: ClassVar[Mapping[str, str]] = _RECALL_KEYS

    images: int
    images_flagged: int
    defects: int | None = None
    hit: int | None = None
    false_per_image: float | None = None
    false_per_image_95: Interval | None = None
    hit_share: float | None = None
    hit_share_95: Interval | None = None
    recall_at_01fp: float | None = None
    recall_at_1fp: float | None = None
    recall_at_10fp: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion(JsonRecord):
    """True and predicted classes of the images: `matrix` has a row for each true class, in the order of `classes`."""

    classes: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]
    images: int
    accuracy: float | None = None
    recall: Mapping[str, float | None]
    precision: Mapping[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeFigures(JsonRecord):
    """True and predicted types of the defects hit at the threshold; `missed` were not hit."""

    classes: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]
    defects: int
    missed: int
    support: Mapping[str, int]
    accuracy: float | None = None
    precision: Mapping[str, float | None]
    recall: Mapping[str, float | None]
    f1: Mapping[str, float | None]
    unknown_share: float | None = None
    macro_f1: float | None = None
    macro_f1_with_missed: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation(JsonRecord):
    """The figures of a test set. None is undefined for these images. `intervals` are 95 % intervals by figure."""

    KEYS: ClassVar[Mapping[str, str]] = _RECALL_KEYS

    data: str
    status: str = OK
    said: str
    method: str
    model: str | None = None
    seed: int
    fingerprint: str | None = None
    images: int
    good_images: int
    defective_images: int
    without_mask: int
    image_auroc: float | None = None
    image_ap: float | None = None
    defects: int | None = None
    defect_pixels: int | None = None
    pixel_share: float | None = None
    pixel_auroc: float | None = None
    pixel_ap: float | None = None
    aupro30: float | None = None
    recall_at_01fp: float | None = None
    recall_at_1fp: float | None = None
    recall_at_10fp: float | None = None
    at_threshold: AtThreshold | None = None
    classes: Mapping[str, ClassFigures] | None = None
    confusion: Confusion | None = None
    types: TypeFigures | None = None
    detection: DetectionFigures | None = None
    intervals: Mapping[str, Interval | None]
    notes: tuple[str, ...] = ()
    failed: tuple[ErrorRecord, ...] = ()
    outputs: Mapping[str, Any] | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedClassFigures(JsonRecord):
    """Figures of one class of a review.

    `found` and `missed` are defects of the reviewer's class. `called` are regions that were found as this class, of
    which `right` are real and of it.
    """

    found: int
    missed: int
    recall: float | None = None
    recall_95: Interval | None = None
    called: int
    right: int
    precision: float | None = None
    precision_95: Interval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewFigures(JsonRecord):
    """What was found against what a reviewer says, of the reviewed images. None is undefined for these.

    `found` regions are real, `false` ones harmless; `unsure` ones are in no share. `missed` defects were drawn, or are
    the one of an image that has defects of which none was marked.
    """

    found: int
    false: int
    unsure: int
    missed: int
    precision: float | None = None
    precision_95: Interval | None = None
    recall: float | None = None
    recall_95: Interval | None = None
    defective_images: int
    defective_images_found: int
    good_images: int
    good_images_flagged: int
    false_per_good_image: float | None = None
    false_per_good_image_95: Interval | None = None
    classes: Mapping[str, ReviewedClassFigures] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewEvaluation(JsonRecord):
    """The evaluation of results by their review.

    `images` counts those of the results, `reviewed_images` those of which every region that counts is decided; figures
    are of these. `without_regions` of them had none. `partly_reviewed` images have regions that are not decided.
    `left_out` counts the decisions that fit no record.
    """

    review: tuple[str, ...]
    status: str = OK
    method: tuple[str, ...] = ()
    model: str | None = None
    images: int
    reviewed_images: int
    without_regions: int
    partly_reviewed: int
    left_out: int
    figures: ReviewFigures | None = None
    notes: tuple[str, ...] = ()
