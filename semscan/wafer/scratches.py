"""Scratches: long defects that lie one behind the other, in one die or across neighbouring ones."""

from __future__ import annotations

import math
from collections.abc import Collection
from itertools import combinations

from semscan.values.fab.defect import InspectedWafer, WaferDefect
from semscan.values.fab.summary import Pattern
from semscan.wafer.groups import joined

LONG = 3.0  # Feret diameters, largest by smallest
WITHIN_DEG = 8.0
LARGEST_CHANCE = 0.01
MOST = 2000  # the longest defects; the number of pairs grows with the square


def find_scratches(wafer: InspectedWafer, taken: Collection[int]) -> list[Pattern]:
    """Find chains of long defects whose axes point at each other.

    Two defects of the same or of neighbouring dies are of one chain if the line between them lies within
    `WITHIN_DEG` of the axis of both. The chance is the number of neighbouring pairs of long defects, times the
    probability that axes of any direction fit, for each link of the chain.

    Parameters
    ----------
    wafer : InspectedWafer
        Without a pitch of its dies, no chain is found.
    taken : collection of int
        Defects that belong to something else.
    """
    pitch = wafer.frame.pitch_um
    if pitch is None:
        return []
    long = [
        defect
        for defect in wafer.counted
        if defect.id not in taken and defect.elongation >= LONG and defect.angle_deg is not None
    ]
    long = sorted(long, key=lambda defect: -defect.reach_um)[:MOST]
    pairs = [pair for pair in combinations(long, 2) if _are_neighbours(*pair)]
    links = [pair for pair in pairs if _are_aligned(*pair, pitch)]
    fits = (2 * WITHIN_DEG / 180) ** 2
    found = []
    for members in joined(long, links):
        chance = len(pairs) * fits ** (len(members) - 1)
        if len(members) > 1 and chance < LARGEST_CHANCE:
            places = [on_wafer(defect, pitch) for defect in members]
            x, y = (sum(values) / len(members) for values in zip(*places, strict=True))
            found.append(Pattern(kind="scratch", defects=tuple(members), chance=chance, x_um=x, y_um=y))
    return found


def on_wafer(defect: WaferDefect, pitch: tuple[float, float]) -> tuple[float, float]:
    """Return a place on the wafer, µm from the lower left corner of the die in column 0 and row 0."""
    return defect.column * pitch[0] + defect.x_um, defect.row * pitch[1] + defect.y_um


def _are_neighbours(one: WaferDefect, other: WaferDefect) -> bool:
    return max(abs(one.column - other.column), abs(one.row - other.row)) <= 1


def _are_aligned(one: WaferDefect, other: WaferDefect, pitch: tuple[float, float]) -> bool:
    (x0, y0), (x1, y1) = on_wafer(one, pitch), on_wafer(other, pitch)
    between = math.degrees(math.atan2(y1 - y0, x1 - x0))
    return all(_turn(between, defect.angle_deg or 0.0) <= WITHIN_DEG for defect in (one, other))


def _turn(one: float, other: float) -> float:
    """Return the angle between two axes, 0 to 90 degrees."""
    turn = abs(one - other) % 180
    return min(turn, 180 - turn)
