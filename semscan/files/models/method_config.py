"""The config.json of a calibrated method as a `MethodConfig`, every value checked, and back again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from semscan.files.models.fields import TEXT, Fields, above_zero, null_or, one_of
from semscan.files.models.parts import (
    APPEARANCE,
    VERSIONS,
    appearance_json,
    read_calibration,
    read_painted,
)
from semscan.settings import untrained_methods
from semscan.settings.networks import METHOD_SCHEMA
from semscan.values.method_config import MethodConfig

METHOD = "method"


def is_method(document: Mapping[str, Any]) -> bool:
    """Return whether `document`, a config.json as read, is that of a calibrated method and not of a trained model."""
    return document["schema_version"] >= METHOD_SCHEMA and METHOD in document


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
        calibration=read_calibration(fields.inner("calibration")),
        nm_per_pixel=fields.take("nm_per_pixel", null_or(above_zero(1e9))),
        appearance=appearance_json(fields.take("appearance", APPEARANCE)),
        painted=read_painted(fields),
        libraries=fields.take("libraries", VERSIONS),
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
        "nm_per_pixel": config.nm_per_pixel,
        "appearance": appearance_json(config.appearance),
        "libraries": dict(config.libraries),
        "calibration": config.calibration.to_json(),
    }
    if config.painted is not None:
        document["painted"] = config.painted.to_json()
    return document
