"""The JSON of config.json as a `ModelConfig`, every value checked for type and range, and back again.

A model may come from anyone, so a value out of place is refused with its key, what was found and what was wanted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from semscan.files.models.config.classes import CLASSES, LONGEST_NAME, class_limits_json, read_class_limits
from semscan.files.models.config.fields import (
    TEXT,
    TRUE_OR_FALSE,
    Fields,
    Rule,
    above_zero,
    is_text,
    null_or,
    number,
    one_of,
    or_none,
    shown,
    whole,
)
from semscan.files.models.config.looks import KEYS as KEYS_OF_LOOKS
from semscan.files.models.config.looks import looks_json, read_looks
from semscan.files.models.config.nuisance import KEY as KEY_OF_NUISANCE
from semscan.files.models.config.nuisance import nuisance_json, read_nuisance
from semscan.files.models.config.parts import APPEARANCE, VERSIONS, appearance_json, read_calibration, read_painted
from semscan.files.models.config.tiling import read_tiling, tiling_json
from semscan.files.models.config.training import read_training, training_json
from semscan.settings.networks import FIRST_SCHEMA, MATCHED_SCHEMA, NETWORKS
from semscan.values.model.config import ModelConfig, NetworkConfig, Preprocessing, TrainingDomain

MOST_OVERLAP = 0.75  # of a tile: each pixel is then in 16 tiles; train takes up to a half
SMALLEST_STD = 1e-6  # of grey levels from 0 to 1: a smaller one makes numbers that no float32 holds


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
        tiling=read_tiling(fields),
        preprocessing=_preprocessing(fields.inner("preprocessing")),
        training_domain=_training_domain(fields),
        calibration=read_calibration(fields.inner("calibration")),
        seed=fields.take("seed", SEED),
        training=read_training(fields),
        libraries=fields.take("libraries", VERSIONS),
        graph_sha256=fields.take("graph_sha256", SHA256),
        class_limits=read_class_limits(fields),
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
        "training": training_json(config.training),
    }
    if network.seam:
        document["seam"] = True
    document |= tiling_json(config.tiling)
    document["libraries"] = dict(config.libraries)
    document["calibration"] = config.calibration.to_json()
    if config.class_limits is not None:
        document["class_marks"] = class_limits_json(config.class_limits)
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


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_NAME


def _is_sha256(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")


SEED = Rule(whole(0, (1 << 64) - 1).accepts, "a whole number of at least 0")
SHA256 = Rule(_is_sha256, "64 hexadecimal digits")
