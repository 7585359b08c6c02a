"""Checks that several settings share."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

from semscan.errors import UsageFault

# What config.json holds at most, and seeds that Keras takes: known before a training, not after it.
MOST_FALSE_ALARMS = 1e6


def refuse_nan(settings: Any) -> None:
    """NaN passes every comparison of a range; it would be found after the whole training only."""
    for field in fields(settings):
        value = getattr(settings, field.name)
        if isinstance(value, float) and not math.isfinite(value):
            raise UsageFault(f"--{field.name.replace('_', '-')} is {value}, wanted a finite number")


def check_false_alarms(rate: float) -> None:
    if not 0 <= rate <= MOST_FALSE_ALARMS:
        raise UsageFault(f"--false-alarms is {rate:g}, wanted a number of 0 to {MOST_FALSE_ALARMS:g}")
