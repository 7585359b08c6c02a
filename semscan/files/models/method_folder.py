"""The folder of a calibrated method: one config.json, checked before it is used."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semscan.errors import BadModelError
from semscan.files.models.config.fields import TEXT, Fields, above_zero, is_text, null_or, one_of
from semscan.files.models.config.nuisance import nuisance_json, read_nuisance
from semscan.files.models.config.parts import APPEARANCE, VERSIONS, appearance_json, read_calibration, read_painted
from semscan.files.models.config_file import CONFIG, METHOD, is_method, read_config_file
from semscan.files.models.folder import read_model_folder
from semscan.settings import untrained_methods
from semscan.settings.networks import METHOD_SCHEMA
from semscan.values.method import MethodConfig

AGAIN = "make it again with `semscan calibrate`"


@dataclass(frozen=True, slots=True)
class MethodFolder:
    """A calibrated method. `fingerprint` names its content, 16 hexadecimal digits."""

    path: Path
    config: MethodConfig
    fingerprint: str


def read_method_folder(path: Path) -> MethodFolder:
    """Read and check a folder that `semscan calibrate --method` wrote.

    Raises
    ------
    BadModelError
        If it is missing, damaged, of a newer schema, or hostile; or if it holds a trained model.
    """
    path = Path(path)
    text, document = read_config_file(path)
    if not is_method(document):
        raise BadModelError(
            f"{path}: holds a trained model, wanted the threshold of a method without training; {AGAIN}"
        )
    try:
        config = parse_method_config(document)
    except ValueError as error:
        raise BadModelError(f"{path / CONFIG}: {error}; {AGAIN}") from error
    return MethodFolder(path, config, hashlib.sha256(text).hexdigest()[:16])


def named_method(path: Path) -> str | None:
    """Return the name of the method that a folder holds a threshold of, unchecked.

    None for a trained model, and for what cannot be read: whoever opens it as a model says why.
    """
    try:
        _, document = read_config_file(Path(path))
    except BadModelError:
        return None
    name = document.get(METHOD)
    return name if is_method(document) and is_text(name) else None


def read_fingerprint(path: Path) -> str:
    """Return the fingerprint of a trained model or of a calibrated method; raises BadModelError for anything else."""
    if named_method(path) is None:
        return read_model_folder(path).fingerprint
    return read_method_folder(path).fingerprint


def parse_method_config(document: Mapping[str, Any]) -> MethodConfig:
    """Check the keys of a calibrated method and return them as values; unknown keys are ignored.

    Raises
    ------
    ValueError
        In one line, if a key is missing, has the wrong type or is out of range.
    """
    fields = Fields(document)
    config = MethodConfig(
        semscan_version=fields.take("semscan_version", TEXT),
        method=fields.take(METHOD, one_of(untrained_methods())),
        raw_map=fields.take("raw_map", TEXT),
        calibration=read_calibration(fields.inner("calibration")),
        nm_per_pixel=fields.take("nm_per_pixel", null_or(above_zero(1e9))),
        appearance=appearance_json(fields.take("appearance", APPEARANCE)),
        painted=read_painted(fields),
        libraries=fields.take("libraries", VERSIONS),
        nuisance=read_nuisance(fields),
    )
    if config.calibration.raw_threshold is None:
        raise ValueError("calibration.raw_threshold is None, wanted a number above 0")
    return config


def method_config_json(config: MethodConfig) -> dict[str, Any]:
    """Return what config.json holds, keys in the order of the file."""
    document: dict[str, Any] = {
        "schema_version": METHOD_SCHEMA,
        "semscan_version": config.semscan_version,
        METHOD: config.method,
        "raw_map": config.raw_map,
        "nm_per_pixel": config.nm_per_pixel,
        "appearance": appearance_json(config.appearance),
        "libraries": dict(config.libraries),
        "calibration": config.calibration.to_json(),
    }
    if config.painted is not None:
        document["painted"] = config.painted.to_json()
    return document | nuisance_json(config.nuisance)


def method_config_text(config: MethodConfig) -> str:
    """Return `config` as the text of config.json, after the checks that reading makes.

    Raises
    ------
    BadModelError
        If it would not be read back.
    """
    document = method_config_json(config)
    try:
        parse_method_config(document)
        return json.dumps(document, indent=2, allow_nan=False) + "\n"
    except (ValueError, TypeError) as error:
        raise BadModelError(f"this calibration cannot be written: {error}") from error
