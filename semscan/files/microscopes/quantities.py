"""Numbers, lengths, voltages and dates as microscopes write them.

Lengths come in many units, numbers with a decimal comma or damaged, "µ" as "?". A text that cannot be understood
raises `ValueError`; its message completes a sentence that starts with the name of the key. Nothing here guesses.
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import datetime
from typing import NamedTuple

from semscan.phrases import one_line

UNITS_NM = {"pm": 1e-3, "å": 0.1, "nm": 1.0, "um": 1e3, "mm": 1e6, "cm": 1e7, "m": 1e9}
DATES = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d %b %Y", "%d %B %Y", "%m/%d/%Y", "%d/%m/%Y")
TIMES = ("%H:%M:%S", "%I:%M:%S %p", "%H:%M")
LONGEST_NAME = 80


class Quantity(NamedTuple):
    """A number and its unit as written, "" without one."""

    value: float
    unit: str


def parse_number(value: object) -> float | None:
    """Return a finite number from a number or a text with a decimal point or comma; None if it is empty.

    Raises
    ------
    ValueError
        If it is not a finite number.

    Examples
    --------
    >>> parse_number("2,5"), parse_number(" "), parse_number(7)
    (2.5, None, 7.0)
    """
    if value is None or isinstance(value, bool) or (isinstance(value, str) and not value.strip()):
        return None
    try:
        found = float(value.strip().replace(",", ".") if isinstance(value, str) else value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        raise ValueError(f"is {_short(value)}, wanted a number")
    return found


def parse_quantity(text: object) -> Quantity | None:
    """Return the number and the unit of a text as ``10um`` or ``15000 Volt``; None if it is empty.

    Raises
    ------
    ValueError
        If it does not start with a finite number.

    Examples
    --------
    >>> parse_quantity("15000 Volt")
    Quantity(value=15000.0, unit='Volt')
    """
    if text is None or not str(text).strip():
        return None
    match = re.match(r"\s*([-+]?[\d.,]+(?:[eE][-+]?\d+)?)\s*(.*?)\s*$", str(text)[:200], re.DOTALL)
    found = parse_number(match[1] if match else str(text))
    return None if found is None or match is None else Quantity(found, match[2])


def unit_nm(unit: str) -> float | None:
    """Return how many nm a unit of length has, with "µ" in any encoding; None if it is not a unit of length.

    Examples
    --------
    >>> unit_nm("µm"), unit_nm("?m"), unit_nm("nm"), unit_nm("kV")
    (1000.0, 1000.0, 1.0, None)
    """
    plain = unicodedata.normalize("NFC", unit.strip()).casefold()
    if plain in UNITS_NM:
        return UNITS_NM[plain]
    # "µ" read in a wrong encoding: "?", "Âµ", "\ufffd"; never a letter or a digit that has another meaning
    broken = re.fullmatch(r"[^\x00-\x3e\x40-\x7f]{1,3}m|\?{1,2}m", plain)
    return UNITS_NM["um"] if broken else None


def length_nm(length: Quantity, default_unit: str = "") -> float:
    """Return a length in nm; `default_unit` applies where none is written.

    Raises
    ------
    ValueError
        If its unit is not one of length.

    Examples
    --------
    >>> length_nm(Quantity(2.0, "um")), length_nm(Quantity(2.0, ""), "mm")
    (2000.0, 2000000.0)
    """
    factor = unit_nm(length.unit or default_unit)
    if factor is None:
        raise ValueError(f"has the unit {_short(length.unit)}, wanted one of length")
    return length.value * factor


def positive(value: float | None) -> float | None:
    """Return the value if it is above zero: a voltage or distance of 0 or less was not measured."""
    return value if value is not None and value > 0 else None


def kilovolts(voltage: Quantity | None, default: float = 1.0) -> float | None:
    """Return the size of a voltage in kV; `default` is the unit of a number without one, in kV."""
    if voltage is None:
        return None
    unit = voltage.unit.casefold()
    factor = default
    if unit.startswith("kv"):
        factor = 1.0
    elif unit.startswith("v"):
        factor = 1e-3
    return positive(abs(voltage.value) * factor)


def parse_date(date: object, time: object = None) -> str | None:
    """Return a date, and a time if there is one, as ISO 8601 when that is sure; else as written.

    Examples
    --------
    >>> parse_date("23 Dec 2015", "9:40:32"), parse_date("06/05/2016"), parse_date("06/13/2016")
    ('2015-12-23T09:40:32', '06/05/2016', '2016-06-13')
    """
    words = one_line(date or "", 60)
    hours = one_line(time or "", 20)
    if not words:
        return None
    days = {day for day in (_parsed(words, form) for form in DATES) if day}
    if len(days) != 1:  # two readings: month first or day first
        return f"{words} {hours}".strip()
    clock = next((at for at in (_parsed(hours, form) for form in TIMES) if at), None)
    day = days.pop().date()
    return day.isoformat() if clock is None else f"{day.isoformat()}T{clock.time().isoformat()}"


def _parsed(words: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(words, form)
    except ValueError:
        return None


def label(value: object) -> str | None:
    """Return a name as one short printable line; None if it is empty or not a name."""
    words = one_line(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""
    return "".join(letter for letter in words if letter.isprintable())[:LONGEST_NAME] or None


def _short(value: object) -> str:
    return repr(one_line(value, 40))
