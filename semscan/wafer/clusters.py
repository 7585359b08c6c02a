"""Clusters: more defects close together than chance puts there."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np
from scipy.spatial import cKDTree

from semscan.poisson import chance_of_at_least
from semscan.values.fab.defect import InspectedWafer
from semscan.values.fab.summary import Pattern
from semscan.wafer.groups import joined
from semscan.wafer.scratches import on_wafer

LEAST = 4
LARGEST_CHANCE = 0.01
REACH = 0.25  # of the mean distance of the defects if they were spread evenly


def find_clusters(wafer: InspectedWafer, taken: Collection[int]) -> list[Pattern]:
    """Find groups of at least `LEAST` defects that lie close together, also across the edges of dies.

    Two defects are linked if they are closer than `REACH` of the mean distance that so many would have on the area
    that was inspected. The chance is that of so many further defects in the circle around the group, times the number
    of defects.

    Parameters
    ----------
    wafer : InspectedWafer
        Without a pitch of its dies, no cluster is found.
    taken : collection of int
        Defects that belong to something else.
    """
    pitch = wafer.frame.pitch_um
    free = [defect for defect in wafer.counted if defect.id not in taken]
    if pitch is None or len(free) < LEAST or wafer.area_um2 <= 0:
        return []
    places = np.array([on_wafer(defect, pitch) for defect in free])
    per_um2 = len(free) / wafer.area_um2
    reach = REACH / math.sqrt(per_um2)
    links = [(free[one], free[other]) for one, other in cKDTree(places).query_pairs(reach)]
    by_id = {defect.id: place for defect, place in zip(free, places, strict=True)}
    found = []
    for members in joined(free, links):
        if len(members) < LEAST:
            continue
        own = np.array([by_id[defect.id] for defect in members])
        centre = own.mean(axis=0)
        radius = float(np.hypot(*(own - centre).T).max()) + reach
        chance = len(free) * chance_of_at_least(len(members) - 1, per_um2 * math.pi * radius**2)
        if chance < LARGEST_CHANCE:
            x, y = (float(value) for value in centre)
            found.append(Pattern(kind="cluster", defects=tuple(members), chance=chance, x_um=x, y_um=y))
    return found
