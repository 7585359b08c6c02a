"""The JSON of config.json as a `ModelConfig`, every value checked for type and range, and back again.

A model may come from anyone, so a value out of place is refused with its key, what was found and what was wanted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from semscan.files.models.fields import (
    COUNT,
    OBJECT,
    SIZE,
    TEXT,
    TRUE_OR_FALSE,
    Fields,
    Rule,
    above_zero,
    is_number,
    is_object,
    is_text,
    null_or,
    number,
    one_of,
    or_none,
    shown,
    whole,
)
from semscan.files.models.looks import KEYS as KEYS_OF_LOOKS
from semscan.files.models.looks import looks_json, read_looks
from semscan.files.models.nuisance import KEY as KEY_OF_NUISANCE
from semscan.files.models.nuisance import nuisance_json, read_nuisance
from semscan.files.models.parts import APPEARANCE, VERSIONS, appearance_json, read_calibration, read_painted
from semscan.settings.networks import FIRST_SCHEMA, MATCHED_SCHEMA, NETWORKS
from semscan.values.model_config import (
    AcceptedCount,
    ClassLimits,
    FitRecord,
    LabelledCount,
    ModelConfig,
    NetworkConfig,
    OutlierNote,
    Preprocessing,
    ReviewedCount,
    Surround,
    Tiling,
    TrainingDomain,
    TrainingRecord,
    TrainingTask,
)

LARGEST_TILE = 1024  # px; train makes tiles of 256 and 384 px, which grow to 563 and 844
MOST_OVERLAP = 0.75  # of a tile: each pixel is then in 16 tiles; train takes up to a half
LONGEST_NAME = 255  # characters of a class, an attention or a backbone
LARGEST_SIDE = 1 << 24
SMALLEST_STD = 1e-6  # of grey levels from 0 to 1: a smaller one makes numbers that no float32 holds
MOST_CLASSES = 1000


def parse_config(document: Mapping[str, Any]) -> ModelConfig:
    """Check the keys of a trained model and return them as values; unknown keys are ignored.

    Parameters
    ----------
    document : mapping
        config.json as read.

    Raises
    ------
    ValueError
        In one line, if a key is missing, has the wrong type or is out of range.
    """
    fields = Fields(document)
    config = ModelConfig(
        semscan_version=fields.take("semscan_version", TEXT),
        network=_network(fields),
        tiling=_tiling(fields),
        preprocessing=_preprocessing(fields.inner("preprocessing")),
        training_domain=_training_domain(fields),
        calibration=read_calibration(fields.inner("calibration")),
        seed=fields.take("seed", SEED),
        training=_training(fields),
        libraries=fields.take("libraries", VERSIONS),
        graph_sha256=fields.take("graph_sha256", SHA256),
        class_limits=_class_limits(fields),
        painted=read_painted(fields),
        weights_sha256=fields.take_or("", "weights_sha256", SHA256),
        looks=read_looks(fields),
        nuisance=read_nuisance(fields),
    )
    _check_together(config)
    return config


def config_json(config: ModelConfig) -> dict[str, Any]:
    """Return what config.json holds, keys in the order of the file."""
    network = config.network
    document: dict[str, Any] = {
        # an older semscan would pass over `matched`, and judge with a wrong brightness
        "schema_version": MATCHED_SCHEMA if config.preprocessing.matched else FIRST_SCHEMA,
        "semscan_version": config.semscan_version,
        "kind": network.kind,
        "attention": network.attention,
        "backbone": network.backbone,
        "dropout": network.dropout,
        "classes": None if network.classes is None else list(network.classes),
        "good_class": network.good_class,
        "preprocessing": _preprocessing_json(config.preprocessing),
        "seed": config.seed,
        "nm_per_pixel": config.training_domain.nm_per_pixel,
        "zoom": config.training_domain.zoom,
        "training_look": appearance_json(config.training_domain.appearance),
        "training": _training_json(config.training),
    }
    if network.seam:
        document["seam"] = True
    document |= _tiling_json(config.tiling)
    document["libraries"] = dict(config.libraries)
    document["calibration"] = config.calibration.to_json()
    if config.class_limits is not None:
        document["class_marks"] = _class_limits_json(config.class_limits)
    if config.painted is not None:
        document["painted"] = config.painted.to_json()
    document |= looks_json(config.looks) | nuisance_json(config.nuisance)
    document["graph_sha256"] = config.graph_sha256
    if config.weights_sha256:
        document["weights_sha256"] = config.weights_sha256
    return document


def recalibrated_json(document: Mapping[str, Any], config: ModelConfig) -> dict[str, Any]:
    """Return `document`, a model's config.json, with what a calibration sets, as it is in `config`.

    That is the calibration, `painted`, the appearance, the looks and the nuisance filter. All other keys but the
    checksum of the graph stay as they are, those of other versions too.
    """
    replaced = ("painted", *KEYS_OF_LOOKS, KEY_OF_NUISANCE)
    kept = {key: value for key, value in document.items() if key not in replaced}
    painted = {} if config.painted is None else {"painted": config.painted.to_json()}
    return {
        **kept,
        **painted,
        "calibration": {**document["calibration"], **config.calibration.to_json()},
        "training_look": appearance_json(config.training_domain.appearance),
        **looks_json(config.looks),
        **nuisance_json(config.nuisance),
        "graph_sha256": config.graph_sha256,
    }


def _network(fields: Fields) -> NetworkConfig:
    kind = fields.take("kind", one_of(NETWORKS))
    attention = fields.take("attention", Rule(_is_name, "the name of an attention"))
    classes = fields.take("classes", CLASSES)
    return NetworkConfig(
        kind=kind,
        attention=attention,
        classes=None if classes is None else tuple(classes),
        good_class=fields.take("good_class", Rule(or_none(is_text), "null or the name of a class")),
        backbone=fields.take_or("plain", "backbone", Rule(_is_name, "the name of a backbone")),
        dropout=fields.take_or(0.0, "dropout", number(0, 1, "a number of 0 to 1")),
        seam=fields.take_or(False, "seam", TRUE_OR_FALSE),
    )


def _tiling(fields: Fields) -> Tiling:
    tile = fields.take("tile", whole(16, LARGEST_TILE))
    surround = None
    if fields.take_or(None, "surround", SURROUND) is not None:
        inner = fields.inner("surround")
        surround = Surround(inner.take("share", ANYTHING), inner.take("reach_px", ANYTHING))
    return Tiling(
        tile=tile,
        overlap=fields.take("overlap", Rule(whole(0, LARGEST_TILE).accepts, "a whole number less than the tile")),
        scale_to=fields.take("scale_to", null_or(whole(16, 1 << 16))),
        largest_tile=fields.take_or(
            None, "largest_tile", Rule(whole(tile, LARGEST_TILE).accepts, f"{tile} to {LARGEST_TILE}")
        ),
        largest_image=fields.take_or(None, "largest_image", null_or(whole(1, LARGEST_SIDE))),
        surround=surround,
    )


def _preprocessing(fields: Fields) -> Preprocessing:
    mean = fields.take("mean", number(-1e6, 1e6, "a number"))
    std = fields.take("std", above_zero(1e6, SMALLEST_STD))
    return Preprocessing(mean, std, matched=fields.take_or(False, "matched", TRUE_OR_FALSE))


def _preprocessing_json(preprocessing: Preprocessing) -> dict[str, Any]:
    stated = {"mean": preprocessing.mean, "std": preprocessing.std}
    return {**stated, "matched": True} if preprocessing.matched else stated


def _training_domain(fields: Fields) -> TrainingDomain:
    measured = fields.take_or({}, "training_look", APPEARANCE)
    return TrainingDomain(
        nm_per_pixel=fields.take("nm_per_pixel", null_or(above_zero(1e9))),
        zoom=fields.take_or(1.0, "zoom", number(0.05, 1, "0.05 to 1")),
        appearance=appearance_json(measured),
    )


def _class_limits(fields: Fields) -> ClassLimits | None:
    marks = fields.take_or(None, "class_marks", Rule(or_none(is_object), "null or an object"))
    if marks is None:
        return None
    classes = fields.take("classes", CLASSES) or ()
    if not _are_limits(marks, classes):
        raise ValueError(
            "class_marks does not fit the classes, wanted middles and limits of the same classes and an inverse of "
            f"{len(classes)} rows and columns"
        )
    return ClassLimits(
        centres={name: tuple(centre) for name, centre in marks["middles"].items()},
        inverse=tuple(tuple(row) for row in marks["inverse"]),
        limits=dict(marks["limits"]),
    )


def _training(fields: Fields) -> TrainingRecord:
    """Return the record of the training; a part of which a key is missing is None, as in models of other makers."""
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


def _check_together(config: ModelConfig) -> None:
    """Check what one value asks of another."""
    network, tiling = config.network, config.tiling
    kind = NETWORKS[network.kind]
    if tiling.overlap > MOST_OVERLAP * tiling.tile:
        raise ValueError(f"overlap is {tiling.overlap}, wanted at most {MOST_OVERLAP} of the tile of {tiling.tile}")
    if network.good_class is not None and network.good_class not in (network.classes or ()):
        raise ValueError(f"good_class is {shown(network.good_class)}, wanted one of the classes")
    if kind.needs_classes and not network.classes:
        raise ValueError(f"classes is empty, wanted the names of the classes of the {kind.title}")
    sets_threshold = not kind.needs_classes or network.good_class is not None
    if config.calibration.raw_threshold is None and sets_threshold:
        raise ValueError("calibration.raw_threshold is missing, wanted a number above 0")
    if config.training_domain.zoom != 1 and not kind.resamples:
        raise ValueError(f"zoom is {config.training_domain.zoom}, wanted 1 for the {kind.title}")


def _tiling_json(tiling: Tiling) -> dict[str, Any]:
    document: dict[str, Any] = {"tile": tiling.tile}
    if tiling.largest_tile is not None:
        document["largest_tile"] = tiling.largest_tile
    document |= {"overlap": tiling.overlap, "scale_to": tiling.scale_to}
    if tiling.surround is not None:
        document["surround"] = asdict(tiling.surround)
    if tiling.largest_image is not None:
        document["largest_image"] = tiling.largest_image
    return document


def _class_limits_json(limits: ClassLimits) -> dict[str, Any]:
    return {
        "middles": {name: list(centre) for name, centre in limits.centres.items()},
        "inverse": [list(row) for row in limits.inverse],
        "limits": dict(limits.limits),
    }


def _training_json(training: TrainingRecord) -> dict[str, Any]:
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


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(is_text, value))


def _are_classes(value: Any) -> bool:
    return (
        isinstance(value, list)
        and 0 < len(value) <= MOST_CLASSES
        and all(isinstance(name, str) and 0 < len(name) <= LONGEST_NAME for name in value)
        and len(set(value)) == len(value)
    )


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_NAME


def _is_surround(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    return is_number(0, 1)(value.get("share")) and above_zero(1000).accepts(value.get("reach_px"))


def _are_notes(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(note, dict) and is_text(note.get("image")) and is_text(note.get("reason")) for note in value
    )


def _are_limits(marks: Mapping[str, Any], classes: Sequence[str]) -> bool:
    fits = is_number(-1e9, 1e9)

    def is_row(part: Any) -> bool:
        return isinstance(part, list) and len(part) == len(classes) and all(map(fits, part))

    middles, limits, inverse = (marks.get(name) for name in ("middles", "limits", "inverse"))
    if not (isinstance(middles, dict) and isinstance(limits, dict) and isinstance(inverse, list)):
        return False
    return (
        set(middles) == set(limits) <= set(classes)
        and len(inverse) == len(classes)
        and all(map(is_row, [*middles.values(), *inverse]))
        and all(map(fits, limits.values()))
    )


def _is_sha256(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")


ANYTHING = Rule(lambda value: True, "a value")
SEED = Rule(whole(0, (1 << 64) - 1).accepts, "a whole number of at least 0")
CLASSES = Rule(or_none(_are_classes), f"null or 1 to {MOST_CLASSES} different names")
SHA256 = Rule(_is_sha256, "64 hexadecimal digits")
SURROUND = Rule(or_none(_is_surround), "a share of 0 to 1 and reach_px of more than 0 to 1000")
NOTES = Rule(_are_notes, "a list of objects with image and reason")
