"""Copies among training images, also turned, mirrored or of another depth: they would be trained on and held out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import cv2
import numpy as np

from semscan.pipeline.training.data.image_cache import ImageSource

SIDE = 64  # px of the middle that is compared
BLUR = 1.0  # px: what this removes is mostly noise, which no two exposures share
SAME = 0.8  # correlation of that
MOST = 3000  # images: among more, copies are not looked for
FEWEST = 0.25  # share of originals: with fewer, a pattern without noise is taken for copies


def without_copies(cache: ImageSource, numbers: Sequence[int]) -> list[int]:
    """Return the images that are no copy of an earlier one.

    Parameters
    ----------
    cache : ImageSource
    numbers : sequence of int
        Of the images to compare, in the order in which the first of several counts as the original.
    """
    if not 1 < len(numbers) <= MOST:
        return list(numbers)
    known: dict[tuple[int, ...], list[np.ndarray]] = defaultdict(list)  # by shape, in all orientations
    originals = []
    for number in numbers:
        detail = _detail(cache[number].astype(np.float32))
        earlier = known[detail.shape]
        if earlier and float((np.stack(earlier) @ detail.ravel()).max()) > SAME:
            continue
        originals.append(number)
        for turned in _orientations(detail):
            known[turned.shape].append(turned.ravel())
    return originals if len(originals) >= FEWEST * len(numbers) else list(numbers)


def _detail(values: np.ndarray) -> np.ndarray:
    """Return the finest detail in the middle of an image, of length 1; 0 for a blank one.

    The middle is that of the turned and mirrored image too: an odd number of pixels in an odd one.
    """
    sides = [min(SIDE - (length - SIDE) % 2, length) for length in values.shape]
    starts = [(length - side) // 2 for length, side in zip(values.shape, sides, strict=True)]
    middle = values[starts[0] : starts[0] + sides[0], starts[1] : starts[1] + sides[1]]
    detail = middle - cv2.GaussianBlur(middle, (0, 0), BLUR)
    detail -= detail.mean()
    length = float(np.linalg.norm(detail))
    return detail / np.float32(length) if length > 1e-6 else np.zeros_like(detail)


def _orientations(detail: np.ndarray) -> list[np.ndarray]:
    return [np.rot90(side, turns) for side in (detail, detail[::-1]) for turns in range(4)]
