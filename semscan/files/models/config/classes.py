"""The names of a network's classes, and how far from its class a region may lie, as keys of config.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from semscan.files.models.config.fields import Fields, Rule, is_number, is_object, or_none
from semscan.values.model.config import ClassLimits

LONGEST_NAME = 255  # characters of a class, an attention or a backbone
MOST_CLASSES = 1000


def read_class_limits(fields: Fields) -> ClassLimits | None:
    """Return how far from its class a region may lie, None without; raise ValueError if a value is out of place."""
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


def class_limits_json(limits: ClassLimits) -> dict[str, Any]:
    """Return the object `class_marks` of config.json."""
    return {
        "middles": {name: list(centre) for name, centre in limits.centres.items()},
        "inverse": [list(row) for row in limits.inverse],
        "limits": dict(limits.limits),
    }


def _are_classes(value: Any) -> bool:
    return (
        isinstance(value, list)
        and 0 < len(value) <= MOST_CLASSES
        and all(isinstance(name, str) and 0 < len(name) <= LONGEST_NAME for name in value)
        and len(set(value)) == len(value)
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


CLASSES = Rule(or_none(_are_classes), f"null or 1 to {MOST_CLASSES} different names")
