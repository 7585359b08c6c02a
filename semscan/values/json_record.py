"""Dataclasses that are read from JSON and written as JSON, once.

A record is a frozen dataclass whose fields are the keys of its JSON, in their order. `parse` reads a JSON object,
`to_json` makes one. A record may come from an older version, another program or a damaged file: a value of the
wrong type is ignored, the field then holds its default and `whole` tells. Keys that semscan does not know are kept.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from types import NoneType, UnionType
from typing import Any, ClassVar, NamedTuple, Self, Union, get_args, get_origin, get_type_hints

LARGEST_COUNT = 1 << 53
LARGEST_NUMBER = 1e100  # its square is a number too, and JSON has whole numbers that no float can hold
_ZEROS: Mapping[Any, Any] = {str: "", int: 0, float: 0.0, bool: False}


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonRecord:
    """What all records share.

    `whole` is False if `parse` met a value of the wrong type, or missed one that every record of the kind has.
    `extra` holds the keys that semscan does not know. `KEYS` names the keys that are not the field's name,
    `OMITTED` the fields that are left out while they are None, `DIGITS` the decimals to which numbers are written.
    `absent` names the fields whose keys `parse` did not find: they are left out as well.
    """

    KEYS: ClassVar[Mapping[str, str]] = {}
    OMITTED: ClassVar[frozenset[str]] = frozenset()
    DIGITS: ClassVar[Mapping[str, int]] = {}

    whole: bool = field(default=True, repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)
    absent: frozenset[str] = field(default=frozenset(), repr=False, compare=False)

    @property
    def is_usable(self) -> bool:
        """True if it may stand in another record; what is not is left out there."""
        return True

    @classmethod
    def parse(cls, json: Mapping[str, Any]) -> Self:
        """Read a JSON object. Never raises, whatever is in it."""
        values: dict[str, Any] = {}
        whole = True
        entries = _entries(cls)
        for entry in entries.values():
            given = json.get(entry.key)
            value = None if given is None else entry.read(given)
            if value is not None:
                values[entry.name] = value
                whole = whole and (not entry.is_compound or _is_whole(value, given))
            elif entry.required:
                values[entry.name] = entry.zero
                whole = False
            elif given is not None:
                whole = False
        extra = {key: json[key] for key in json if key not in entries}
        absent = frozenset([entry.name for key, entry in entries.items() if key not in json])
        return cls(**values, whole=whole, extra=extra, absent=absent)

    def to_json(self) -> dict[str, Any]:
        """Return the record as plain JSON values. Tuples become lists; infinity and NaN, which JSON lacks, None."""
        found: dict[str, Any] = {}
        for entry in _entries(type(self)).values():
            value = getattr(self, entry.name)
            if value is not None or not (entry.name in self.OMITTED or entry.name in self.absent):
                found[entry.key] = _plain(value, entry.digits)
        return {**found, **self.extra}


class _Entry(NamedTuple):
    """One field of a record: how its JSON is read, and what stands for it where it is required and missing.

    `is_compound` is False for plain values, of which no part can be damaged.
    """

    name: str
    key: str
    read: Callable[[Any], Any]
    required: bool
    zero: Any
    digits: int | None
    is_compound: bool


_KNOWN: dict[Any, dict[str, _Entry]] = {}  # the fields of each kind of record, once it was used


def _entries(cls: type[JsonRecord]) -> dict[str, _Entry]:
    """Return the fields of a kind of record by their JSON keys."""
    if cls in _KNOWN:
        return _KNOWN[cls]
    types = get_type_hints(cls)
    found: dict[str, _Entry] = {}
    for each in fields(cls):
        if each.name in ("whole", "extra", "absent"):
            continue
        kind = types[each.name]
        key = cls.KEYS.get(each.name, each.name)
        required = each.default is MISSING and each.default_factory is MISSING
        reader = _reader(kind)
        is_compound = reader not in (read_text, read_number, _read_count, _read_flag)
        found[key] = _Entry(each.name, key, reader, required, _zero(kind), cls.DIGITS.get(each.name), is_compound)
    _KNOWN[cls] = found
    return found


def _reader(kind: Any) -> Callable[[Any], Any]:
    """Return the function that takes a JSON value of this type, and gives None for any other value."""
    arguments = [each for each in get_args(kind) if each is not NoneType]
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return _reader(arguments[0])
    if origin is tuple:
        items = [_reader(each) for each in arguments if each is not Ellipsis]
        return _many(items[0]) if Ellipsis in arguments else _exactly(items)
    if origin is not None and issubclass(origin, Mapping):
        return _tree if get_args(kind)[1] is Any else _named(get_args(kind)[1])
    if kind is str:
        return read_text
    if kind is int:
        return _read_count
    if kind is float:
        return read_number
    if kind is bool:
        return _read_flag
    return lambda value: _usable(kind, value)


def _usable(kind: type[JsonRecord], value: Any) -> JsonRecord | None:
    record = kind.parse(value) if isinstance(value, dict) else None
    return record if record is not None and record.is_usable else None


def read_text(value: Any) -> str | None:
    """Return a text that a file or its name may hold; None for anything else, such as NUL in it."""
    if not isinstance(value, str) or "\0" in value:
        return None
    try:
        value.encode("utf-8", errors="surrogateescape")
    except UnicodeEncodeError:
        return None
    return value


def _read_count(value: Any) -> int | None:
    return value if type(value) is int and -LARGEST_COUNT < value < LARGEST_COUNT else None


def _read_flag(value: Any) -> bool | None:
    return value if value is True or value is False else None


def _is_whole(value: Any, given: Any) -> bool:
    """Return whether a value was read with all that is in it."""
    if isinstance(value, tuple):
        return len(value) == len(given) and all(map(_is_whole, value, given))
    return value.whole if isinstance(value, JsonRecord) else value is not None


def read_number(value: Any) -> float | None:
    """Return a finite number; None for anything else, which includes True and False."""
    is_number = type(value) is float or type(value) is int
    return value if is_number and -LARGEST_NUMBER < value < LARGEST_NUMBER else None  # NaN lies nowhere


def _many(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Read a list of any length without its damaged items."""

    def read_list(value: Any) -> tuple[Any, ...] | None:
        if not isinstance(value, list | tuple):
            return None
        return tuple(item for item in map(read, value) if item is not None)

    return read_list


def _exactly(reads: list[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    """Read a list of a fixed length."""

    def read_list(value: Any) -> tuple[Any, ...] | None:
        if not isinstance(value, list | tuple) or len(value) != len(reads):
            return None
        items = tuple(read(item) for read, item in zip(reads, value, strict=True))
        return None if None in items else items

    return read_list


def _tree(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


def _named(kind: Any) -> Callable[[Any], Any]:
    """Read a mapping of names to values of one type; a damaged value becomes zero, or None where None may stand."""
    read = _reader(kind)
    zero = _zero(kind)

    def read_mapping(value: Any) -> dict[str, Any] | None:
        if not isinstance(value, dict):
            return None
        found = {name: read(each) for name, each in value.items()}
        return {name: zero if each is None else each for name, each in found.items()}

    return read_mapping


def _zero(kind: Any) -> Any:
    """Return what stands for a required value that is missing."""
    arguments = get_args(kind)
    if get_origin(kind) is tuple:
        return () if Ellipsis in arguments else tuple(_zero(each) for each in arguments)
    return _ZEROS.get(kind)


def _plain(value: Any, digits: int | None) -> Any:
    if isinstance(value, JsonRecord):
        return value.to_json()
    if isinstance(value, tuple | list):
        return [_plain(item, digits) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item, digits) for key, item in value.items()}
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return value if digits is None else round(value, digits)
    return value
