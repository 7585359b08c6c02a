"""How a model was trained, as the key `training` of config.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from semscan.files.models.config.fields import COUNT, OBJECT, SIZE, TEXT, Fields, Rule, is_text, number, or_none
from semscan.values.model.training import (
    AcceptedCount,
    FitRecord,
    LabelledCount,
    OutlierNote,
    ReviewedCount,
    TrainingRecord,
    TrainingTask,
)


def read_training(fields: Fields) -> TrainingRecord:
    """Return the record of the training; a part of which a key is missing is None, as in models of other makers.

    Raises ValueError if a value is out of place.
    """
    fields.take("training", OBJECT)
    record = fields.inner("training")
    notes = record.take_or(None, "odd_images", NOTES)
    accepted = _whole_part(record.inner("accepted"), {"regions": COUNT, "still_above": COUNT})
    labelled = _whole_part(
        record.inner("labelled"), dict.fromkeys(("images", "by_mask", "by_repeats", "defects"), COUNT)
    )
    reviewed = _whole_part(
        record.inner("reviewed"), dict.fromkeys(("harmless", "real", "missed", "good_images", "left_out"), COUNT)
    )
    checked = {key: record.inner("labelled").take_or(None, key, COUNT) for key in ("checked", "checked_above")}
    return TrainingRecord(
        task=_task(record),
        fit=_fit(record),
        export_difference=record.take_or(None, "export_difference", SIZE),
        accepted=None if accepted is None else AcceptedCount(**accepted),
        outliers=None if notes is None else tuple(OutlierNote(note["image"], note["reason"]) for note in notes),
        labelled=None if labelled is None else LabelledCount(**labelled, **checked),
        reviewed=None if reviewed is None else ReviewedCount(**reviewed),
    )


def training_json(training: TrainingRecord) -> dict[str, Any]:
    """Return the object `training` of config.json; what is not known has no key."""
    document: dict[str, Any] = {}
    task = training.task
    if task is not None:
        document |= {
            "said": task.layout,
            "images": task.images,
            "data_fingerprint": task.data_fingerprint,
            "augment": dict(task.augment),
            "clip": task.clip,
            "false_alarms": task.false_alarms,
            "start_from": task.start_from,
            "accept": list(task.accept),
            **({"review": list(task.review)} if task.review else {}),
        }
    fit = asdict(training.fit)
    fit["held_back_accuracy"] = fit.pop("held_out_accuracy")
    fit["held_back_images"] = fit.pop("held_out_images")
    fit["held_back_majority"] = fit.pop("held_out_majority")
    document |= {key: value for key, value in fit.items() if value is not None}
    if training.export_difference is not None:
        document["export_difference"] = training.export_difference
    if training.accepted is not None:
        document["accepted"] = asdict(training.accepted)
    if training.outliers is not None:
        document["odd_images"] = [asdict(note) for note in training.outliers]
    if training.labelled is not None:
        counts = asdict(training.labelled)
        document["labelled"] = {key: count for key, count in counts.items() if count is not None}
    if training.reviewed is not None:
        document["reviewed"] = asdict(training.reviewed)
    return document


def _task(record: Fields) -> TrainingTask | None:
    rules = {
        "said": TEXT,
        "images": COUNT,
        "data_fingerprint": TEXT,
        "augment": OBJECT,
        "clip": SIZE,
        "false_alarms": SIZE,
        "start_from": Rule(or_none(is_text), "null or a text"),
        "accept": Rule(_are_texts, "a list of texts"),
    }
    found = _whole_part(record, rules)
    if found is None:
        return None
    review = tuple(record.take_or([], "review", rules["accept"]))
    return TrainingTask(layout=found.pop("said"), accept=tuple(found.pop("accept")), review=review, **found)


def _fit(record: Fields) -> FitRecord:
    share = number(0, 1, "a number of 0 to 1")
    return FitRecord(
        precision=record.take_or(None, "precision", TEXT),
        batch=record.take_or(None, "batch", COUNT),
        learning_rate=record.take_or(None, "learning_rate", SIZE),
        steps=record.take_or(None, "steps", COUNT),
        steps_done=record.take_or(None, "steps_done", COUNT),
        ended=record.take_or(None, "ended", TEXT),
        seconds=record.take_or(None, "seconds", SIZE),
        parameters=record.take_or(None, "parameters", COUNT),
        falling=record.take_or(None, "falling", share),
        held_out_accuracy=record.take_or(None, "held_back_accuracy", share),
        held_out_images=record.take_or(None, "held_back_images", COUNT),
        held_out_majority=record.take_or(None, "held_back_majority", COUNT),
    )


def _whole_part(fields: Fields, rules: Mapping[str, Rule]) -> dict[str, Any] | None:
    """Return the checked values of all keys; None if one is missing."""
    found = {key: fields.take(key, rule) for key, rule in rules.items() if key in fields}
    return found if len(found) == len(rules) else None


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(is_text, value))


def _are_notes(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(note, dict) and is_text(note.get("image")) and is_text(note.get("reason")) for note in value
    )


NOTES = Rule(_are_notes, "a list of objects with image and reason")
