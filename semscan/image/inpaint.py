"""Small areas that are not judged are patched from elsewhere in the image, so that a network sees no text there.

A network is hot at the rim of what is foreign, and of anything smooth put in its place. A patch that goes on
where the lines around it go is neither.
"""

from __future__ import annotations

import cv2
import numpy as np

RIM = 12  # px around an area that its patch must match
REACH = 512  # px: how far away a patch is looked for
LARGEST = 0.25  # of the image: larger areas are left as they are, as is what lies outside a care area
MOST = 256  # areas


def inpaint_ignored(values: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """Replace the pixels of small areas that are not judged; the very same array if there are none.

    Each area, with those nearer than the rim, is copied from where the image is most like its surroundings
    (least squared difference over the rim). Areas larger than a quarter of the image, and those for which
    there is no place, stay as they are.

    Parameters
    ----------
    values : ndarray of float32, shape (rows, cols)
    judged : ndarray of bool, shape (rows, cols)

    Examples
    --------
    >>> lines = np.tile(np.arange(100) % 10 < 5, (80, 1)).astype(np.float32)
    >>> text, judged = lines.copy(), np.ones(lines.shape, bool)
    >>> text[30:40, 20:50], judged[30:40, 20:50] = 9, False
    >>> bool((inpaint_ignored(text, judged) == lines).all())
    True
    """
    if judged.all():
        return values
    holes = (~judged).astype(np.uint8)
    grown = cv2.dilate(holes, np.ones((RIM + 1, RIM + 1), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(grown, connectivity=8)
    result, rows, cols = values.copy(), *values.shape
    for left, top, width, height, _ in stats[1 : min(count, MOST + 1)]:
        if height * width > LARGEST * values.size:
            continue
        box = (
            slice(max(0, top - RIM // 2), min(rows, top + height + RIM // 2)),
            slice(max(0, left - RIM // 2), min(cols, left + width + RIM // 2)),
        )
        patch = _best_place(values, judged, box)
        if patch is not None:
            result[box] = np.where(judged[box], values[box], patch)
    return result


def _best_place(values: np.ndarray, judged: np.ndarray, box: tuple[slice, slice]) -> np.ndarray | None:
    """The most similar place of the box's size that is judged throughout; None if there is none."""
    near = tuple(slice(max(0, side.start - REACH), side.stop + REACH) for side in box)
    there, whole = values[near], judged[near].astype(np.float32)
    high, wide = values[box].shape
    fault = cv2.matchTemplate(there, values[box], cv2.TM_SQDIFF, mask=judged[box].astype(np.float32))
    seen = cv2.boxFilter(whole, -1, (wide, high), anchor=(0, 0), normalize=True, borderType=cv2.BORDER_ISOLATED)
    usable = (seen[: fault.shape[0], : fault.shape[1]] > 1 - 0.5 / (high * wide)) & np.isfinite(fault)
    if not usable.any():
        return None
    row, col = np.unravel_index(np.where(usable, fault, np.inf).argmin(), fault.shape)
    return there[row : row + high, col : col + wide]
