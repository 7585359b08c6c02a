"""How many looks at each tile a network takes, as keys of config.json."""

from __future__ import annotations

from typing import Any

from semscan.files.models.config.fields import Fields, Rule, is_number, is_object
from semscan.files.models.config.parts import read_calibration, read_painted
from semscan.settings.inspect import LOOKS
from semscan.values.model.looks import MOST_LOOKS, CalibratedLooks, Looks

KEYS = DEFAULT, AP, OTHERS = "looks", "looks_ap", "other_looks"
_NUMBERS = {str(number): number for number in LOOKS}


def read_looks(fields: Fields) -> Looks:
    """Return the numbers of looks; raise ValueError if a key of them is out of range.

    A model without these keys was made by an earlier version: it takes four looks.
    """
    others = fields.take_or({}, OTHERS, _BY_NUMBER)
    inner = fields.inner(OTHERS)
    return Looks(
        default=fields.take_or(MOST_LOOKS, DEFAULT, _LOOKS),
        others={_NUMBERS[name]: _calibrated(inner.inner(name)) for name in others},
        painted_ap={_NUMBERS[name]: ap for name, ap in fields.take_or({}, AP, _APS).items()},
    )


def looks_json(looks: Looks) -> dict[str, Any]:
    """Return the keys of config.json; none for a model that takes four looks and knows no other number."""
    stated: dict[str, Any] = {}
    if looks != Looks():
        stated[DEFAULT] = looks.default
    if looks.painted_ap:
        stated[AP] = {str(number): ap for number, ap in looks.painted_ap.items()}
    if looks.others:
        stated[OTHERS] = {str(number): _calibrated_json(other) for number, other in looks.others.items()}
    return stated


def _calibrated(fields: Fields) -> CalibratedLooks:
    return CalibratedLooks(read_calibration(fields.inner("calibration")), read_painted(fields))


def _calibrated_json(calibrated: CalibratedLooks) -> dict[str, Any]:
    painted = {} if calibrated.painted is None else {"painted": calibrated.painted.to_json()}
    return {"calibration": calibrated.calibration.to_json(), **painted}


def _is_looks(value: Any) -> bool:
    return type(value) is int and value in LOOKS


def _are_by_number(value: Any) -> bool:
    return is_object(value) and set(value) <= set(_NUMBERS) and all(map(is_object, value.values()))


def _are_aps(value: Any) -> bool:
    return is_object(value) and set(value) <= set(_NUMBERS) and all(map(is_number(0, 1), value.values()))


_LOOKS = Rule(_is_looks, "one of " + ", ".join(_NUMBERS))
_BY_NUMBER = Rule(_are_by_number, "an object of calibrations by number of looks")
_APS = Rule(_are_aps, "an object of numbers of 0 to 1 by number of looks")
