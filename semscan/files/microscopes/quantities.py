"""Numbers, lengths, voltages and dates as microscopes write them.

Lengths come in many units, numbers with a comma or not at all, "µ" as "?": what cannot be understood is told
and left out. Nothing here guesses.
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import datetime
from typing import Any

from semscan.phrases import one_line

UNITS_NM = {"pm": 1e-3, "å": 0.1, "nm": 1.0, "um": 1e3, "mm": 1e6, "cm": 1e7, "m": 1e9}
DATES = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d %b %Y", "%d %B %Y", "%m/%d/%Y", "%d/%m/%Y")
TIMES = ("%H:%M:%S", "%I:%M:%S %p", "%H:%M")


def number(value: Any, what: str, said: list[str]) -> float | None:
    """A finite number from a number or a text, a comma for a point taken; what is malformed is told."""
    if value is None or isinstance(value, bool) or (isinstance(value, str) and not value.strip()):
        return None
    try:
        found = float(value.strip().replace(",", ".") if isinstance(value, str) else value)
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        said.append(f"{what} is {_short(value)}, wanted a number: not used")
        return None
    return found


def quantity(text: Any, what: str, said: list[str]) -> tuple[float, str] | None:
    """A number and its unit from a text as ``10um`` or ``15000 Volt``; the unit is "" if there is none."""
    if text is None or not str(text).strip():
        return None
    match = re.match(r"\s*([-+]?[\d.,]+(?:[eE][-+]?\d+)?)\s*(.*?)\s*$", str(text)[:200], re.DOTALL)
    found = number(match[1] if match else str(text), what, said)
    return None if found is None or match is None else (found, match[2])


def unit_nm(unit: str) -> float | None:
    """How many nm a unit of length has, "µ" in any disguise; None if it is no such unit.

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


def length_nm(found: tuple[float, str] | None, what: str, said: list[str]) -> float | None:
    """A length in nm from a number and its unit."""
    if found is None:
        return None
    factor = unit_nm(found[1])
    if factor is None:
        said.append(f"{what} has the unit {_short(found[1])}, wanted one of length: not used")
        return None
    return found[0] * factor


def positive(value: float | None) -> float | None:
    """The value if it is more than zero: a voltage or distance of 0 or less is one not measured."""
    return value if value is not None and value > 0 else None


def kilovolts(found: tuple[float, str] | None, default: float = 1.0) -> float | None:
    """A voltage in kV; `default` is what a number without a unit is in, kV."""
    if found is None:
        return None
    unit = found[1].casefold()
    return positive(abs(found[0]) * (1.0 if unit.startswith("kv") else 1e-3 if unit.startswith("v") else default))


def parse_date(date: Any, time: Any = None) -> str | None:
    """A date, and a time if there is one, as ISO 8601 when that is sure; else as written.

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


def label(value: Any) -> str | None:
    """A name as one short line; None if it is empty or no name."""
    words = one_line(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""
    return "".join(letter for letter in words if letter.isprintable())[:80] or None


def _short(value: Any) -> str:
    return repr(one_line(value, 40))
