"""A JSON object taken apart key by key, every value checked by a rule that says in words what was wanted.

A table of rules is kept here instead of a library: msgspec and pydantic name the key and what they wanted, but not
the value that they found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple


class Rule(NamedTuple):
    """Whether a value is accepted, and what is wanted, in words."""

    accepts: Callable[[Any], bool]
    wanted: str


class Fields:
    """A JSON object whose keys are taken one by one, each with its rule. What is not an object has no keys."""

    def __init__(self, values: Any, before: str = "") -> None:
        self._values: Mapping[str, Any] = values if isinstance(values, dict) else {}
        self._before = before

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def take(self, key: str, rule: Rule) -> Any:
        """Return the value of `key`; raise ValueError if it is missing or refused by `rule`."""
        if key not in self._values:
            raise ValueError(f"{self._before}{key} is missing, wanted {rule.wanted}")
        return self._checked(key, self._values[key], rule)

    def take_or(self, otherwise: Any, key: str, rule: Rule) -> Any:
        """Return the value of `key`, `otherwise` if it is missing; raise ValueError if it is refused by `rule`."""
        return self._checked(key, self._values[key], rule) if key in self._values else otherwise

    def inner(self, key: str) -> Fields:
        """Return the object at `key`; it has no keys where it is missing."""
        return Fields(self._values.get(key), f"{self._before}{key}.")

    def _checked(self, key: str, value: Any, rule: Rule) -> Any:
        if not rule.accepts(value):
            raise ValueError(f"{self._before}{key} is {shown(value)}, wanted {rule.wanted}")
        return value


def is_text(value: Any) -> bool:
    """Return True for a text."""
    return isinstance(value, str)


def is_object(value: Any) -> bool:
    """Return True for a JSON object."""
    return isinstance(value, dict)


def is_number(low: float, high: float) -> Callable[[Any], bool]:
    """Return a check for a number from `low` to `high`."""

    def accepts(value: Any) -> bool:
        # NaN is within no limits, and an integer of thousands of digits is compared without becoming a float
        return isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high

    return accepts


def or_none(accepts: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Return a check that accepts None too."""
    return lambda value: value is None or accepts(value)


def null_or(rule: Rule) -> Rule:
    """Return a rule that accepts null too."""
    return Rule(or_none(rule.accepts), f"null or {rule.wanted}")


def number(low: float, high: float, wanted: str) -> Rule:
    """Return the rule of a number from `low` to `high`."""
    return Rule(is_number(low, high), wanted)


def above_zero(high: float, smallest: float = 5e-324) -> Rule:
    """Return the rule of a number above 0, up to `high`."""
    return Rule(is_number(smallest, high), "a number above 0")


def whole(low: int, high: int) -> Rule:
    """Return the rule of a whole number from `low` to `high`."""
    return Rule(
        lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high,
        f"a whole number of {low} to {high}",
    )


def one_of(names: Iterable[str]) -> Rule:
    """Return the rule of a text that is one of `names`."""
    known = tuple(names)
    return Rule(lambda value: is_text(value) and value in known, f"one of {', '.join(known)}")


def shown(value: Any) -> str:
    """Return a value from a configuration as a few harmless letters for a message."""
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else f"a list of {len(value)}"
    if isinstance(value, int) and abs(value) > 1 << 64:
        return "a huge number"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


TEXT = Rule(is_text, "a text")
TRUE_OR_FALSE = Rule(lambda value: isinstance(value, bool), "true or false")
OBJECT = Rule(is_object, "an object")
COUNT = whole(0, 1 << 53)
SIZE = number(0, 1e300, "a number of at least 0")
