"""One wafer in numbers: density, dies, classes, and what is not random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from semscan.values.fab.defect import InspectedWafer, WaferDefect

UM2_PER_CM2 = 1e8


@dataclass(frozen=True, slots=True, kw_only=True)
class Density:
    """Defects on an area, per cm², with the exact 95 % interval; None without an area."""

    defects: int
    area_um2: float
    per_cm2: float | None
    interval: tuple[float, float] | None

    def to_json(self) -> dict[str, Any]:
        """Return the values of JSON."""
        return {
            "defects": self.defects,
            "area_um2": round(self.area_um2, 6),
            "density_per_cm2": self.per_cm2,
            "density_interval_per_cm2": None if self.interval is None else list(self.interval),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """Defects that belong together: `kind` is "repeater", "scratch" or "cluster".

    `chance` is the number of such groups that chance alone would make on this wafer. `x_um` and `y_um` are the mean
    place in the die of a repeater, on the wafer else (from the lower left corner of die 0, 0). `of_dies` is the
    number of dies that were inspected at the place of a repeater.
    """

    kind: str
    defects: tuple[WaferDefect, ...]
    chance: float
    x_um: float
    y_um: float
    of_dies: int | None = None

    @property
    def dies(self) -> tuple[tuple[int, int], ...]:
        """Column and row of each die that it touches."""
        return tuple(sorted({defect.die for defect in self.defects}))

    def to_json(self) -> dict[str, Any]:
        """Return the values of JSON."""
        return {
            "kind": self.kind,
            "defects": [defect.id for defect in self.defects],
            "dies": [list(die) for die in self.dies],
            "of_dies": self.of_dies,
            "x_um": round(self.x_um, 6),
            "y_um": round(self.y_um, 6),
            "expected_by_chance": self.chance,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class WaferSummary:
    """One wafer, counted. `dies` is sorted as `InspectedWafer.dies`, `classes` by falling count."""

    wafer: InspectedWafer
    density: Density
    dies: tuple[tuple[tuple[int, int], Density], ...]
    classes: tuple[tuple[str, int], ...]
    patterns: tuple[Pattern, ...]

    def pattern_of(self, defect: WaferDefect) -> str | None:
        """Return the kind of the pattern that a defect belongs to; None for a defect of its own."""
        return next((pattern.kind for pattern in self.patterns if defect in pattern.defects), None)
