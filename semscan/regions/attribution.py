"""Which of several methods detected a region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from semscan.regions.find import LabelledRegions
from semscan.values import Region


def name_methods(found: LabelledRegions, method_maps: Mapping[str, np.ndarray], level: float) -> tuple[Region, ...]:
    """Write into each region the names of the methods whose map exceeds `level` somewhere in it.

    Parameters
    ----------
    found : LabelledRegions
        As from `semscan.regions.find.segment`.
    method_maps : mapping of str to ndarray, shape (rows, cols)
        Each method's map, by its name.
    level : float
        In the units of the maps.

    Returns
    -------
    tuple of Region
        In the order given.
    """
    named = []
    for label, region in enumerate(found.regions, start=1):
        box = region.box
        window = (slice(box.top, box.bottom), slice(box.left, box.right))
        inside = found.labels[window] == label
        names = tuple(name for name, values in method_maps.items() if (values[window][inside] > level).any())
        named.append(replace(region, methods=names))
    return tuple(named)
