"""Count one wafer."""

from __future__ import annotations

from collections import Counter, defaultdict

from semscan.poisson import poisson_interval
from semscan.values.fab.class_codes import UNCLASSIFIED
from semscan.values.fab.defect import InspectedWafer
from semscan.values.fab.summary import UM2_PER_CM2, Density, WaferSummary
from semscan.wafer.clusters import find_clusters
from semscan.wafer.repeaters import find_repeaters
from semscan.wafer.scratches import find_scratches

TOLERANCE_UM = 0.1
SHARE_OF_IMAGE = 0.1  # a tolerance near the size of the images would make every defect a repeater


def summarise_wafer(wafer: InspectedWafer, tolerance_um: float | None) -> WaferSummary:
    """Return a wafer in numbers.

    Parameters
    ----------
    wafer : InspectedWafer
        With its fields and defects.
    tolerance_um : float or None
        Largest distance of a repeater's defects from their common place in the die; None: `TOLERANCE_UM`, or
        `SHARE_OF_IMAGE` of the smallest side of an image if that is less.
    """
    sides = [side for field in wafer.fields for side in (field.width_um, field.height_um)]
    tolerance = tolerance_um or min([TOLERANCE_UM, *(SHARE_OF_IMAGE * side for side in sides)])
    repeaters = find_repeaters(wafer, tolerance)
    taken = {defect.id for pattern in repeaters for defect in pattern.defects}
    scratches = find_scratches(wafer, taken)
    taken |= {defect.id for pattern in scratches for defect in pattern.defects}
    clusters = find_clusters(wafer, taken)
    areas: dict[tuple[int, int], float] = defaultdict(float)
    for field in wafer.fields:
        areas[field.die] += field.area_um2
    counts = Counter(defect.die for defect in wafer.counted)
    classes = Counter(defect.class_name or UNCLASSIFIED for defect in wafer.counted)
    return WaferSummary(
        wafer=wafer,
        density=density(len(wafer.counted), wafer.area_um2),
        dies=tuple((die, density(counts[die], areas[die])) for die in wafer.dies),
        classes=tuple(sorted(classes.items(), key=lambda entry: (-entry[1], entry[0]))),
        patterns=(*repeaters, *scratches, *clusters),
    )


def density(count: int, area_um2: float) -> Density:
    """Return the density of `count` defects on an area.

    Examples
    --------
    >>> found = density(3, 1e8)
    >>> round(found.per_cm2, 3), [round(end, 3) for end in found.interval]
    (3.0, [0.619, 8.767])
    """
    interval = poisson_interval(count, area_um2 / UM2_PER_CM2)
    if interval is None:
        return Density(defects=count, area_um2=area_um2, per_cm2=None, interval=None)
    per_cm2 = count / area_um2 * UM2_PER_CM2
    return Density(defects=count, area_um2=area_um2, per_cm2=per_cm2, interval=(interval[0], interval[1]))
