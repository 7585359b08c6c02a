"""How a model was trained.

What models of earlier versions do not state is None, or has the default that those models were made with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TIME_LIMIT = "time limit"  # why a training ended


@dataclass(frozen=True, slots=True)
class TrainingTask:
    """What a training was asked to do.

    `layout` describes the folder in words. `images` counts the images, `data_fingerprint` names their content.
    `augment` holds the fields of `semscan.settings.AugmentSettings`. `accept` are files of accepted regions,
    `review` files of decisions.
    """

    layout: str
    images: int
    data_fingerprint: str
    augment: Mapping[str, Any]
    clip: float
    false_alarms: float
    start_from: str | None = None
    accept: tuple[str, ...] = ()
    review: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FitRecord:
    """How the fit went; None for what a model does not state.

    `ended` is the reason in words; `seconds` include those before a resume. `falling` is the share by which the
    validation loss fell over the last fifth of the training. `held_out_accuracy` (0 to 1) of `held_out_images` is there
    for a network that learns classes; `held_out_majority` of those are of the largest class.
    """

    precision: str | None = None
    batch: int | None = None
    learning_rate: float | None = None
    steps: int | None = None
    steps_done: int | None = None
    ended: str | None = None
    seconds: float | None = None
    parameters: int | None = None
    falling: float | None = None
    held_out_accuracy: float | None = None
    held_out_images: int | None = None
    held_out_majority: int | None = None


@dataclass(frozen=True, slots=True)
class AcceptedCount:
    """Accepted regions that were trained on, and how many of them still lie above the threshold."""

    regions: int
    still_above: int


@dataclass(frozen=True, slots=True)
class LabelledCount:
    """How the few labelled images were used.

    `images` counts them all, `by_mask` those with a usable mask, `by_repeats` those whose defects differ from the
    image's own repeats, `defects` the defects found. Of `checked` others, `checked_above` have a score above the
    threshold; None where none was checked.
    """

    images: int
    by_mask: int
    by_repeats: int
    defects: int
    checked: int | None = None
    checked_above: int | None = None


@dataclass(frozen=True, slots=True)
class ReviewedCount:
    """What a training learned from reviews.

    `harmless` regions became normal; `real` ones, and the `missed` defects that were drawn, became labelled defects.
    `good_images` have no defects by the review. `left_out` counts the decisions that could not be used.
    """

    harmless: int
    real: int
    missed: int
    good_images: int
    left_out: int


@dataclass(frozen=True, slots=True)
class OutlierNote:
    """A good training image that looks unusual: its file, and why."""

    image: str
    reason: str


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """What is known of a training; None for what a model does not state.

    `export_difference` is the largest difference between the exported graph and the network, relative to the
    largest answer.
    """

    task: TrainingTask | None = None
    fit: FitRecord = FitRecord()
    export_difference: float | None = None
    accepted: AcceptedCount | None = None
    outliers: tuple[OutlierNote, ...] | None = None
    labelled: LabelledCount | None = None
    reviewed: ReviewedCount | None = None
