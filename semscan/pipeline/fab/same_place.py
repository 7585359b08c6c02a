"""Several images of one place: its defects count once, and so does its area."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from semscan.pipeline.fab.whole import REAL
from semscan.values.fab.defect import Field, WaferDefect

SHIFT = 0.02  # of the narrower image's width: two images of one place may be shifted by this


def widest(fields: Sequence[Field]) -> Field:
    """Return the image that shows most of a place; of several detectors, the first."""
    return max(fields, key=lambda field: field.area_um2)


def without_repeats(shown: Sequence[tuple[Field, Sequence[WaferDefect]]]) -> list[WaferDefect]:
    """Return the defects of a place, given its images with their defects; those of several images once.

    Two defects of different images are one if they overlap as circles through their farthest points, or nearly do.
    It counts if one of them does.
    """
    found: list[WaferDefect] = []
    for field, defects in shown:
        earlier = len(found)
        for defect in defects:
            slack = SHIFT * min(field.width_um, *(other.width_um for other, _ in shown))
            near = [
                (apart, number)
                for number, other in enumerate(found[:earlier])
                if (apart := _apart(defect, other)) <= defect.reach_um + other.reach_um + slack
            ]
            if near:
                number = min(near)[1]
                found[number] = _joined(found[number], defect)
            else:
                found.append(defect)
    return found


def _apart(one: WaferDefect, other: WaferDefect) -> float:
    """Return the distance of two defects of one die, µm."""
    return math.hypot(one.x_um - other.x_um, one.y_um - other.y_um) if one.die == other.die else math.inf


def _joined(first: WaferDefect, further: WaferDefect) -> WaferDefect:
    chosen = further if first.nuisance and not further.nuisance else first
    reviewed = REAL if REAL in (first.reviewed, further.reviewed) else chosen.reviewed
    name = chosen.class_name or first.class_name or further.class_name
    return replace(chosen, class_name=name, reviewed=reviewed)
