"""The nuisance filter of a review as a key of config.json, of a model and of a calibrated method."""

from __future__ import annotations

import re
from typing import Any

from semscan.files.models.config.fields import Fields, Rule, is_number, is_object, number, or_none
from semscan.values.model.nuisance import LOOK_MEASURES, DecidedRegion, NuisanceFilter, RegionLook

KEY = "nuisance_filter"
MOST_DECIDED = 500  # regions
LONGEST_NAME = 255  # characters of a class
_IMAGE = re.compile("[0-9a-f]{8}")
_NUMBERS = {"class_probability": is_number(0, 1), **dict.fromkeys(LOOK_MEASURES, is_number(-1e6, 1e6))}


def read_nuisance(fields: Fields) -> NuisanceFilter | None:
    """Return the nuisance filter, None without; raise ValueError if a value of it is out of range."""
    if fields.take_or(None, KEY, Rule(or_none(is_object), "null or an object")) is None:
        return None
    inner = fields.inner(KEY)
    decided = tuple(
        DecidedRegion(
            image=one["image"],
            look=RegionLook(one["class"], one["class_probability"], tuple(one[name] for name in LOOK_MEASURES)),
            is_real=one["real"],
        )
        for one in inner.take("decided", _DECIDED)
    )
    return NuisanceFilter(decided, inner.take("cut", number(0, 1, "a number of 0 to 1")))


def nuisance_json(nuisance: NuisanceFilter | None) -> dict[str, Any]:
    """Return the key of config.json; none without a filter."""
    if nuisance is None:
        return {}
    decided = [
        {
            "image": one.image,
            "real": one.is_real,
            "class": one.look.class_name,
            "class_probability": one.look.class_probability,
            **dict(zip(LOOK_MEASURES, one.look.measures, strict=True)),
        }
        for one in nuisance.decided
    ]
    return {KEY: {"cut": nuisance.cut, "decided": decided}}


def _is_decided(value: Any) -> bool:
    return (
        is_object(value)
        and isinstance(value.get("real"), bool)
        and isinstance(value.get("image"), str)
        and _IMAGE.fullmatch(value["image"]) is not None
        and isinstance(value.get("class"), str)
        and len(value["class"]) <= LONGEST_NAME
        and all(fits(value.get(name)) for name, fits in _NUMBERS.items())
    )


def _are_decided(value: Any) -> bool:
    return isinstance(value, list) and 0 < len(value) <= MOST_DECIDED and all(map(_is_decided, value))


_DECIDED = Rule(_are_decided, f"1 to {MOST_DECIDED} decided regions as semscan calibrate --review writes them")
