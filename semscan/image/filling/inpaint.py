"""Fill small areas that are not judged from elsewhere in the image, so that a network meets no text there.

A network scores high at the rim of anything foreign, and of anything smooth put in its place. Neither holds for a
piece of the image itself that continues the lines around the area.
"""

from __future__ import annotations

import cv2
import numpy as np

RIM = 12  # px around an area that its filling must match
REACH = 512  # px: how far away a filling may be taken from
LARGEST = 0.25  # of the image: larger areas are left as they are, as is what lies outside a care area
MOST = 256  # areas


def inpaint_ignored(values: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """Replace the pixels of small areas that are not judged; return the same array if there are none.

    Each area, together with those nearer than the rim, is copied from where the image is most like its
    surroundings (least squared difference over the rim). Areas larger than a quarter of the image stay as they
    are, and so do those for which no piece of their size is judged as a whole.

    Parameters
    ----------
    values : ndarray of float32, shape (rows, cols)
    judged : ndarray of bool, shape (rows, cols)

    Examples
    --------
    >>> lines = np.tile(np.arange(100) % 10 < 5, (80, 1)).astype(np.float32)
    >>> text = lines.copy(); text[30:40, 20:50] = 9
    >>> judged = np.ones(lines.shape, bool); judged[30:40, 20:50] = False
    >>> bool((inpaint_ignored(text, judged) == lines).all())
    True
    """
    if judged.all():
        return values
    holes = (~judged).astype(np.uint8)
    grown = cv2.dilate(holes, np.ones((RIM + 1, RIM + 1), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(grown, connectivity=8)
    result = values.copy()
    rows, cols = values.shape
    for left, top, width, height, _ in stats[1 : min(count, MOST + 1)]:
        if height * width > LARGEST * values.size:
            continue
        box = (_with_rim(top, height, rows), _with_rim(left, width, cols))
        filling = _most_similar(values, judged, box)
        if filling is not None:
            result[box] = np.where(judged[box], values[box], filling)
    return result


def _with_rim(start: int, length: int, side: int) -> slice:
    """Grow a span by what is left of the rim after the areas were grown by half of it."""
    return slice(max(0, start - RIM // 2), min(side, start + length + RIM // 2))


def _most_similar(values: np.ndarray, judged: np.ndarray, box: tuple[slice, slice]) -> np.ndarray | None:
    """Return the most similar piece of the box's size that is judged as a whole; None if there is none."""
    near = tuple(slice(max(0, side.start - REACH), side.stop + REACH) for side in box)
    scene = values[near]
    height, width = values[box].shape
    misfit = cv2.matchTemplate(scene, values[box], cv2.TM_SQDIFF, mask=judged[box].astype(np.float32))
    # share of judged pixels in the piece that begins at each pixel; below 1, the piece holds what is to be replaced
    share = cv2.boxFilter(
        judged[near].astype(np.float32),
        -1,
        (width, height),
        anchor=(0, 0),
        normalize=True,
        borderType=cv2.BORDER_ISOLATED,
    )
    usable = (share[: misfit.shape[0], : misfit.shape[1]] > 1 - 0.5 / (height * width)) & np.isfinite(misfit)
    if not usable.any():
        return None
    row, col = np.unravel_index(np.where(usable, misfit, np.inf).argmin(), misfit.shape)
    return scene[row : row + height, col : col + width]
