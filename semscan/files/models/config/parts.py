"""What the config.json of a trained model and that of a calibrated method share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from semscan.files.models.config.fields import (
    TEXT,
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
)
from semscan.values.detection import DetectionCurve
from semscan.values.model.calibration import RULES, Calibration


def read_calibration(fields: Fields) -> Calibration:
    """Return the calibration; raise ValueError if a key of it is missing or out of range."""
    return Calibration(
        raw_threshold=fields.take("raw_threshold", RAW_THRESHOLD),
        false_alarms=fields.take("false_alarms", number(0, 1e6, "a number of at least 0")),
        reached=fields.take("reached", null_or(number(0, 1e9, "a number of at least 0"))),
        held_out=fields.take("held_back", TEXT),
        worth=fields.take_or(None, "worth", null_or(number(0, 1e9, "a number of at least 0"))),
        rule=fields.take_or(None, "rule", one_of(RULES)),
    )


def read_painted(fields: Fields) -> DetectionCurve | None:
    """Return the figures of the painted defects, None without; raise ValueError if they are damaged."""
    stated = fields.take_or(None, "painted", Rule(or_none(is_object), "null or an object"))
    if stated is None:
        return None
    curve = DetectionCurve.parse(stated)
    if not curve.whole:
        raise ValueError("painted is damaged, wanted the figures of the painted defects as semscan train writes them")
    return curve


def appearance_json(appearance: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Return an appearance as JSON: the median and the spread of each measure, and nothing else."""
    return {name: {"median": part["median"], "spread": part["spread"]} for name, part in appearance.items()}


def _is_appearance(value: Any) -> bool:
    fits = is_number(-1e6, 1e6)
    return isinstance(value, dict) and all(
        isinstance(part, dict) and fits(part.get("median")) and fits(part.get("spread")) for part in value.values()
    )


def _are_versions(value: Any) -> bool:
    return isinstance(value, dict) and all(map(is_text, value.values()))


RAW_THRESHOLD = null_or(above_zero(1e30, 1e-30))  # a float32 holds it
APPEARANCE = Rule(_is_appearance, "an object of the median and the spread of each measure")
VERSIONS = Rule(_are_versions, "an object of version numbers")
