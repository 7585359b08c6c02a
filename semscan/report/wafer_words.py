"""A wafer in words, for the page and the pictures."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from semscan.phrases import plural
from semscan.values.fab.defect import WaferDefect
from semscan.values.fab.place import WaferFrame
from semscan.values.fab.summary import Density, Pattern


def wafer_title(frame: WaferFrame) -> str:
    """Return lot, wafer and step."""
    step = f", step {frame.step}" if frame.step else ""
    return f"Lot {frame.lot}, wafer {frame.wafer}{step}"


def density_words(density: Density) -> str:
    """Return count and density with the interval.

    Examples
    --------
    >>> density_words(Density(defects=3, area_um2=1e8, per_cm2=3.0, interval=(0.6187, 8.767)))
    '3 defects, 3 per cm² of image (95 % interval 0.619 to 8.77)'
    """
    count = plural(density.defects, "defect")
    if density.per_cm2 is None or density.interval is None:
        return count
    low, high = density.interval
    return f"{count}, {density.per_cm2:.3g} per cm² of image (95 % interval {low:.3g} to {high:.3g})"


def pattern_words(pattern: Pattern) -> str:
    """Return what a pattern is, where, and what chance alone would make."""
    by_chance = f"{pattern.chance:.1g} expected by chance" if pattern.chance >= 1e-300 else "none expected by chance"
    if pattern.kind == "repeater":
        return (
            f"repeater at {pattern.x_um:.3f}, {pattern.y_um:.3f} µm in the die: "
            f"{len(pattern.dies)} of {plural(pattern.of_dies or 0, 'die')} imaged there; {by_chance}"
        )
    return (
        f"{pattern.kind} of {plural(len(pattern.defects), 'defect')} on {plural(len(pattern.dies), 'die')}: "
        f"{', '.join(f'({column}, {row})' for column, row in pattern.dies[:8])}; {by_chance}"
    )


def size_bins(defects: Sequence[WaferDefect]) -> list[tuple[str, int]]:
    """Return the number of defects by diameter, in steps of a factor of the square root of 2; empty steps between too.

    Examples
    --------
    >>> size_bins([])
    []
    """
    diameters = [2000 * math.sqrt(defect.area_um2 / math.pi) for defect in defects if defect.area_um2 > 0]
    steps = Counter(math.floor(2 * math.log2(diameter)) for diameter in diameters)
    if not steps:
        return []
    ends = range(min(steps), max(steps) + 1)
    return [(f"{2 ** (step / 2):.3g} to {2 ** ((step + 1) / 2):.3g} nm", steps[step]) for step in ends]
