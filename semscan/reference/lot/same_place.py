"""Find which images of a lot show the same place, and register each of them to one of these."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from semscan.errors import BadImageError
from semscan.reference.die.register import register
from semscan.reference.die.warp import Warp
from semscan.values import CleanImage


def same_place(images: Sequence[CleanImage]) -> dict[int, Warp]:
    """Find the largest group of images that show the same place.

    The first image is registered to all others; those that succeed are its group. The first image outside of it is
    registered to the others outside, and so on, until no larger group can be left or one holds more than half of the
    images. So a lot that belongs together needs one registration an image, not one a pair.

    Parameters
    ----------
    images : sequence of CleanImage

    Returns
    -------
    dict of int to Warp
        By the place in `images`: the warp from a pixel of the first image of the group to the same place of that
        image. The first has the warp that changes nothing.
    """
    largest: dict[int, Warp] = {}
    left = list(range(len(images)))
    while len(left) > len(largest) and 2 * len(largest) <= len(images):
        group = _group(images, left)
        largest = max(largest, group, key=len)
        left = [place for place in left if place not in group]
    return largest


def _group(images: Sequence[CleanImage], left: Sequence[int]) -> dict[int, Warp]:
    """Return the warps of those of the images `left` that show the place of the first of them."""
    anchor, *others = left
    group = {anchor: Warp(np.eye(2, 3))}
    for other in others:
        try:
            group[other] = register(images[anchor], images[other])
        except BadImageError:  # another place, or no pattern
            continue
    return group
