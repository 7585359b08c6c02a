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
from semscan.wafer.strokes import strokes

LEAST = 4
LARGEST_CHANCE = 0.01
REACH = 0.25  # of the mean distance of the defects if they were spread evenly


def find_clusters(wafer: InspectedWafer, taken: Collection[int]) -> list[Pattern]:
    """Find groups of at least `LEAST` defects that lie close together, also across the edges of dies.

    The pieces of a scratch in one image count as one defect. Two defects are linked if they are closer than `REACH`
    of the mean distance that so many would have on the area that was inspected. The chance is that of so many further
    defects in the circle around the group, times the number of defects.

    Parameters
    ----------
    wafer : InspectedWafer
        Without a pitch of its dies, no cluster is found.
    taken : collection of int
        Defects that belong to something else.
    """
    free = strokes(wafer, taken)
    if len(free) < LEAST or wafer.area_um2 <= 0:
        return []
    places = np.array([(stroke.x_um, stroke.y_um) for stroke in free])
    per_um2 = len(free) / wafer.area_um2
    reach = REACH / math.sqrt(per_um2)
    found = []
    for members in joined(len(free), cKDTree(places).query_pairs(reach)):
        if len(members) < LEAST:
            continue
        centre = places[members].mean(axis=0)
        radius = float(np.hypot(*(places[members] - centre).T).max()) + reach
        chance = len(free) * chance_of_at_least(len(members) - 1, per_um2 * math.pi * radius**2)
        if chance < LARGEST_CHANCE:
            pieces = sorted((piece for n in members for piece in free[n].pieces), key=lambda piece: piece.id)
            x, y = (float(value) for value in centre)
            found.append(Pattern(kind="cluster", defects=tuple(pieces), chance=chance, x_um=x, y_um=y))
    return found
