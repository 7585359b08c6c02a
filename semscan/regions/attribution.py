"""Which of several methods saw a region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import cv2
import numpy as np

from semscan.values import Region


def name_methods(
    regions: Sequence[Region], mask: np.ndarray, parts: Mapping[str, np.ndarray], level: float
) -> tuple[Region, ...]:
    """Write into each region the names of the methods that are above `level` somewhere in it.

    Parameters
    ----------
    regions : sequence of Region
    mask : ndarray of uint8, shape (rows, cols)
        The pixels of all regions.
    parts : mapping of str to ndarray, shape (rows, cols)
        Each method's map.
    level : float
        In the units of the maps.

    Returns
    -------
    tuple of Region
        In the order given.
    """
    if not regions:
        return ()
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    label_of = {tuple(int(value) for value in row): label for label, row in enumerate(stats) if label}
    named = []
    for region in regions:
        box, label = region.box, label_of[(*region.box.xywh, region.area)]
        there = (slice(box.top, box.bottom), slice(box.left, box.right))
        inside = labels[there] == label
        names = tuple(name for name, part in parts.items() if (part[there][inside] > level).any())
        named.append(replace(region, methods=names))
    return tuple(named)
