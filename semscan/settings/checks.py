"""Checks that several settings share."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import TYPE_CHECKING

from semscan.errors import UsageFault

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# The most that config.json holds: refused before a training, not after it.
MAX_FALSE_ALARMS = 1e6  # false regions per good image


def refuse_nan(settings: DataclassInstance) -> None:
    """Raise UsageFault if a number is not finite: NaN passes every comparison with a range."""
    for field in fields(settings):
        value = getattr(settings, field.name)
        if isinstance(value, float) and not math.isfinite(value):
            raise UsageFault(f"--{field.name.replace('_', '-')} is {value}, wanted a finite number; give one")


def check_false_alarms(rate: float) -> None:
    """Raise UsageFault if a rate of false alarms is out of range."""
    if not 0 <= rate <= MAX_FALSE_ALARMS:
        raise UsageFault(f"--false-alarms is {rate:g}, wanted a number of 0 to {MAX_FALSE_ALARMS:g}; give another one")
