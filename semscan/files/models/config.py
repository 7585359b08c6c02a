"""What a model's configuration must hold: every key's type and range."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

KINDS = ("autoencoder", "attention-cnn")
LARGEST_TILE = 4096
MOST_CLASSES = 1000


def check_config(config: Mapping[str, Any]) -> None:
    """Check all keys of schema 1 for type and range; raises ValueError in one line."""
    for key, (accepts, wanted) in RULES.items():
        part: Any = config
        for name in key.split("."):
            if not isinstance(part, Mapping) or name not in part:
                raise ValueError(f"{key} is missing, wanted {wanted}")
            part = part[name]
        if not accepts(part):
            raise ValueError(f"{key} is {shown(part)}, wanted {wanted}")
    if config["overlap"] >= config["tile"]:
        raise ValueError(f"overlap is {config['overlap']}, wanted less than the tile of {config['tile']}")
    classes, good = config["classes"], config["good_class"]
    if good is not None and good not in (classes or ()):
        raise ValueError(f"good_class is {shown(good)}, wanted one of the classes")
    if config["kind"] == "attention-cnn" and not classes:
        raise ValueError("classes is empty, wanted the names of an attention CNN's classes")
    if config["calibration"]["raw_threshold"] is None and (config["kind"] == "autoencoder" or good is not None):
        raise ValueError("calibration.raw_threshold is missing, wanted a number above 0")
    if not _whole(config["tile"], LARGEST_TILE)(config.get("largest_tile", config["tile"])):
        raise ValueError(f"largest_tile is {shown(config['largest_tile'])}, wanted {config['tile']} to {LARGEST_TILE}")
    if not _or_none(_whole(1, 1 << 24))(config.get("largest_image")):
        raise ValueError(f"largest_image is {shown(config['largest_image'])}, wanted a whole number of pixels")
    if not _is_surround(config.get("surround")):
        raise ValueError("surround is none, wanted a share of 0 to 1 and reach_px of more than 0 to 1000")
    if not _number(0.05, 1)(config.get("zoom", 1)):
        raise ValueError(f"zoom is {shown(config['zoom'])}, wanted 0.05 to 1")
    if config["kind"] == "attention-cnn" and config.get("zoom", 1) != 1:
        raise ValueError(f"zoom is {shown(config['zoom'])}, wanted 1 for an attention CNN")
    if not _is_look(config.get("training_look", {})):
        raise ValueError("training_look is not one, wanted the median and spread of each measure")
    if not _are_marks(config.get("class_marks"), classes or ()):
        raise ValueError("class_marks are not any, wanted middles, limits and an inverse that fit the classes")


def _whole(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _number(low: float, high: float, *, above: bool = False) -> Callable[[Any], bool]:
    def accepts(value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            return False
        return low < value <= high if above else low <= value <= high

    return accepts


def _or_none(accepts: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or accepts(value)


def _is(kind: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kind)


def _names(value: Any) -> bool:
    return (
        isinstance(value, list)
        and 0 < len(value) <= MOST_CLASSES
        and all(isinstance(name, str) and name for name in value)
        and len(set(value)) == len(value)
    )


def _is_look(value: Any) -> bool:
    """Absent in models of earlier versions."""
    number = _number(-1e6, 1e6)
    return isinstance(value, dict) and all(
        isinstance(part, dict) and number(part.get("median")) and number(part.get("spread")) for part in value.values()
    )


def _is_surround(value: Any) -> bool:
    """Absent in models of earlier versions."""
    return value is None or (
        isinstance(value, dict)
        and _number(0, 1)(value.get("share"))
        and _number(0, 1000, above=True)(value.get("reach_px"))
    )


def _are_marks(value: Any, classes: Sequence[str]) -> bool:
    """Absent in models of earlier versions, and where too few regions were seen; see `pipeline.class_kinds`."""
    if value is None:
        return True
    number, many = _number(-1e9, 1e9), len(classes)

    def row(part: Any) -> bool:
        return isinstance(part, list) and len(part) == many and all(map(number, part))

    parts = value if isinstance(value, dict) else {}
    middles, limits, inverse = (parts.get(name) for name in ("middles", "limits", "inverse"))
    if not (isinstance(middles, dict) and isinstance(limits, dict) and isinstance(inverse, list)):
        return False
    named = set(middles) == set(limits) <= set(classes)
    return (
        named
        and len(inverse) == many
        and all(map(row, [*middles.values(), *inverse]))
        and all(map(number, limits.values()))
    )


def _sha256(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")


RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "semscan_version": (_is(str), "a text"),
    "kind": (lambda value: value in KINDS, f"one of {', '.join(KINDS)}"),
    "attention": (_is(str), "the name of an attention"),
    "tile": (_whole(16, LARGEST_TILE), f"a whole number of 16 to {LARGEST_TILE}"),
    "overlap": (_whole(0, LARGEST_TILE), "a whole number less than the tile"),
    "scale_to": (_or_none(_whole(16, 1 << 16)), "null or a whole number of 16 to 65536"),
    "preprocessing.mean": (_number(-1e6, 1e6), "a number"),
    "preprocessing.std": (_number(0, 1e6, above=True), "a number above 0"),
    "calibration.raw_threshold": (_or_none(_number(1e-30, 1e30)), "null or a number above 0"),  # a float32 holds it
    "calibration.false_alarms": (_number(0, 1e6), "a number of at least 0"),
    "calibration.reached": (_or_none(_number(0, 1e9)), "null or a number of at least 0"),
    "calibration.held_back": (_is(str), "a text"),
    "classes": (_or_none(_names), f"null or 1 to {MOST_CLASSES} different names"),
    "good_class": (_or_none(_is(str)), "null or the name of a class"),
    "graph_sha256": (_sha256, "64 hexadecimal digits"),
    "training": (_is(dict), "an object"),
    "libraries": (_is(dict), "an object"),
    "seed": (_whole(0, (1 << 64) - 1), "a whole number of at least 0"),
    "nm_per_pixel": (_or_none(_number(0, 1e9, above=True)), "null or a number above 0"),
}


def shown(value: Any) -> str:
    """Return a value from a configuration as a few harmless letters for a message."""
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else f"a list of {len(value)}"
    if isinstance(value, int) and abs(value) > 1 << 64:
        return "a huge number"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
