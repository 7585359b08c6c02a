"""Repeaters: defects at the same place of several dies, as a defect of the mask makes them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

import numpy as np
from scipy.spatial import cKDTree

from semscan.poisson import chance_of_at_least
from semscan.values.fab.defect import Field, InspectedWafer, WaferDefect
from semscan.values.fab.summary import Pattern

LEAST_DIES = 3
LARGEST_CHANCE = 0.01  # groups that chance alone would make, of all defects together


def find_repeaters(wafer: InspectedWafer, tolerance_um: float) -> list[Pattern]:
    """Find places of the die with a defect in so many dies that chance does not explain it.

    The largest groups come first, and a defect belongs to one group. The chance counts, for each die with an image of
    the place, the defects that would fall within the tolerance if those of the die lay anywhere in its images:
    Poisson with the sum of these. It is multiplied by the number of defects, since each could have been the first.

    Parameters
    ----------
    wafer : InspectedWafer
        With its fields and defects.
    tolerance_um : float
        Largest distance from the common place.
    """
    defects = wafer.counted
    if len(defects) < LEAST_DIES:
        return []
    places = np.array([(defect.x_um, defect.y_um) for defect in defects])
    tree = cKDTree(places)
    near = tree.query_ball_point(places, tolerance_um)
    by_die = _fields_by_die(wafer)
    counts = Counter(defect.die for defect in defects)
    free = set(range(len(defects)))
    found = []
    for first in sorted(free, key=lambda n: (-len({defects[k].die for k in near[n]}), n)):
        members = [n for n in near[first] if n in free]
        if first not in free or len({defects[n].die for n in members}) < LEAST_DIES:
            continue
        centre = places[members].mean(axis=0)
        members = [n for n in tree.query_ball_point(centre, tolerance_um) if n in free]
        pattern = _judged([defects[n] for n in members], centre, tolerance_um, by_die, counts)
        if pattern.chance < LARGEST_CHANCE and len(pattern.dies) >= LEAST_DIES:
            free -= set(members)
            found.append(pattern)
    return found


def _judged(
    members: list[WaferDefect],
    centre: np.ndarray,
    tolerance_um: float,
    by_die: dict[tuple[int, int], list[Field]],
    counts: Mapping[tuple[int, int], int],
) -> Pattern:
    dies = {defect.die for defect in members}
    circle = math.pi * tolerance_um**2
    expected = 0.0
    covered = 0
    for die, fields in by_die.items():
        if not any(_shows(field, centre) for field in fields):
            continue
        covered += 1
        area = sum(field.area_um2 for field in fields)
        share = min(1.0, circle / area) if area > 0 else 1.0
        expected += 1 - (1 - share) ** counts.get(die, 0)
    chance = sum(counts.values()) * chance_of_at_least(len(dies) - 1, expected)
    x, y = (float(value) for value in centre)
    return Pattern(
        kind="repeater",
        defects=tuple(sorted(members, key=lambda defect: defect.id)),
        chance=chance,
        x_um=x,
        y_um=y,
        of_dies=max(covered, len(dies)),
    )


def _fields_by_die(wafer: InspectedWafer) -> dict[tuple[int, int], list[Field]]:
    by_die: dict[tuple[int, int], list[Field]] = {}
    for field in wafer.fields:
        by_die.setdefault(field.die, []).append(field)
    return by_die


def _shows(field: Field, place: np.ndarray) -> bool:
    x, y = place
    return abs(x - field.x_um) <= field.width_um / 2 and abs(y - field.y_um) <= field.height_um / 2
