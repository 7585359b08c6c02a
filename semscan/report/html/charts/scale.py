"""The unit in which a chart shows its figures, and round values along its axis."""

from __future__ import annotations

import math
from dataclasses import dataclass

from semscan.report.html.parts import plain, power_of_ten
from semscan.values.control.trend import SHARES, ControlChart

DIGITS = 4
MOST_STEPS = 5
SMALL = 1e-3
LARGE = 1e5


@dataclass(frozen=True, slots=True)
class Scale:
    """What values are multiplied with before they are shown, and the unit that they then have."""

    factor: float
    unit: str
    short: str  # the unit behind a number

    def number(self, value: float) -> str:
        """Return a value without its unit."""
        return plain(value * self.factor, DIGITS)

    def words(self, value: float) -> str:
        """Return a value with its unit."""
        return f"{self.number(value)} {self.short}".rstrip()


def scale_of(chart: ControlChart) -> Scale:
    """Return how a chart shows its figures: shares in %, very large and small numbers by a power of ten."""
    if chart.kind == SHARES:
        return Scale(100.0, f"% of {chart.unit.removeprefix('share of ')}", "%")
    largest = max(abs(point.value) for point in chart.points)
    if largest == 0 or SMALL <= largest < LARGE:
        return Scale(1.0, chart.unit, chart.unit)
    power = math.floor(math.log10(largest))
    ten = power_of_ten(power)
    return Scale(10.0**-power, f"{chart.unit}, × {ten}", f"× {ten} {chart.unit}")


def whole_steps(low: float, high: float) -> tuple[list[float], list[str]]:
    """Return a few round values between two, and how they are written.

    Examples
    --------
    >>> whole_steps(28.3, 30.1)[1]
    ['28.5', '29.0', '29.5', '30.0']
    """
    rough = (high - low) / MOST_STEPS
    power = math.floor(math.log10(rough))
    step = next(times * 10.0**power for times in (1, 2, 5, 10) if times * 10.0**power >= rough)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    digits = max(0, -math.floor(math.log10(step)))
    values = [number * step for number in range(first, last + 1)]
    return values, [f"{value:,.{digits}f}" for value in values]
