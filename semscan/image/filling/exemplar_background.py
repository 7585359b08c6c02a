"""Replace an image by its own background: each square is copied from the best-fitting other place of the image.

After the exemplars of Criminisi, Perez, Toyama, "Region Filling and Object Removal by Exemplar-Based Image
Inpainting", IEEE TIP 13(9), 2004, doi:10.1109/TIP.2004.833105: the filling is real texture with its real
noise, which neither a blur nor a reconstruction has.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

_RIM = 4  # px by which neighbouring pieces overlap, to blend
_CONTEXT = 12  # px around a square that are compared to find the place that fits
_BANNED = np.float32(1e6)  # added to the misfit of a place that may not be taken, so that it is the last resort


def exemplar_background(
    values: np.ndarray, judged: np.ndarray, avoid: np.ndarray, *, block: int, reach: int
) -> np.ndarray:
    """Fill every square of an image from another place of it.

    Parameters
    ----------
    values : ndarray of float32, shape (rows, cols)
    judged : ndarray of bool, same shape
        Nothing is copied from outside of it.
    avoid : ndarray of bool, same shape
        Nothing is copied from here either, and its pixels are not compared, as far as possible.
    block : int
        Side of a square, pixels.
    reach : int
        How far away a place may be, pixels.

    Returns
    -------
    ndarray of float32, shape (rows, cols)

    Examples
    --------
    >>> stripes = np.tile(np.float32([0, 0, 1, 1]), (40, 10)); spot = np.zeros((40, 40), bool)
    >>> spot[18:22, 18:22] = True
    >>> spotted = np.where(spot, np.float32(5), stripes)
    >>> filled = exemplar_background(spotted, np.ones_like(spot), spot, block=8, reach=24)
    >>> bool(np.allclose(filled[spot], stripes[spot]))
    True
    """
    usable = (~avoid & judged).astype(np.uint8)
    border = _RIM + _CONTEXT
    wide = cv2.copyMakeBorder(values, border, border, border, border, cv2.BORDER_REFLECT_101)
    usable_wide = cv2.copyMakeBorder(usable, border, border, border, border, cv2.BORDER_REFLECT_101)
    total = np.zeros_like(wide, np.float32)
    weight = np.full(wide.shape, 1e-6, np.float32)
    window = _window(block)
    for top, left in _squares(values.shape, block):
        if not judged[top : top + block, left : left + block].any():
            continue
        piece = _best_piece(wide, usable_wide, (top, left), block, reach)
        # the piece begins one rim before its square, which lies `border` into the wide image
        target = tuple(slice(first + _CONTEXT, first + _CONTEXT + len(window)) for first in (top, left))
        rows, cols = total[target].shape
        total[target] += (window * piece)[:rows, :cols]
        weight[target] += window[:rows, :cols]
    inside = (slice(border, border + values.shape[0]), slice(border, border + values.shape[1]))
    filled = total[inside] / weight[inside]
    return np.where(weight[inside] > 1e-3, filled, values).astype(np.float32)


def _squares(shape: tuple[int, ...], block: int) -> Iterator[tuple[int, int]]:
    """Yield the corners of the squares; the last of a row or column lies flush with the border."""
    for row in range(0, shape[0], block):
        for col in range(0, shape[1], block):
            yield min(row, max(0, shape[0] - block)), min(col, max(0, shape[1] - block))


def _best_piece(
    wide: np.ndarray, usable_wide: np.ndarray, corner: tuple[int, int], block: int, reach: int
) -> np.ndarray:
    """Return the piece, a square and its rim, whose surroundings are most like those of the square at `corner`.

    `wide` has a border of `_RIM` + `_CONTEXT`, so that the surroundings of a square begin at its own corner.
    """
    border = _RIM + _CONTEXT
    side = block + 2 * border
    top, left = corner
    surroundings = wide[top : top + side, left : left + side]
    first_row = max(0, top - reach)
    first_col = max(0, left - reach)
    field = (slice(first_row, top + reach + side), slice(first_col, left + reach + side))
    scene = wide[field]
    misfit = cv2.matchTemplate(
        scene, surroundings, cv2.TM_SQDIFF, mask=_compared(usable_wide, surroundings, corner, block)
    )
    misfit = misfit + _BANNED * _holds_unusable(usable_wide[field], side, misfit.shape)
    # not the square itself, nor a place that overlaps it
    row = top - first_row
    col = left - first_col
    misfit[max(0, row - block) : row + block, max(0, col - block) : col + block] += _BANNED
    row, col = divmod(int(np.argmin(misfit)), misfit.shape[1])
    return scene[row + _CONTEXT : row + side - _CONTEXT, col + _CONTEXT : col + side - _CONTEXT]


def _compared(usable_wide: np.ndarray, surroundings: np.ndarray, corner: tuple[int, int], block: int) -> np.ndarray:
    """Mark the pixels around a square that are compared, float32: those outside of it that may be used."""
    border = _RIM + _CONTEXT
    side = block + 2 * border
    top, left = corner
    mask = usable_wide[top : top + side, left : left + side].astype(np.float32)
    mask[border : border + block, border : border + block] = 0
    rows, cols = surroundings.shape
    if mask[:rows, :cols].sum() < 0.1 * mask.size:  # hardly a pixel around may be used: compare them all
        mask = np.ones_like(mask)
        mask[border : border + block, border : border + block] = 0
    return mask


def _holds_unusable(usable: np.ndarray, side: int, shape: tuple[int, ...]) -> np.ndarray:
    """Decide for each place whether the piece there holds a pixel that may not be used, bool of `shape`."""
    whole = np.ones((side - 2 * _CONTEXT,) * 2, np.float32)
    unusable = cv2.matchTemplate(1 - usable.astype(np.float32), whole, cv2.TM_CCORR)
    return unusable[_CONTEXT : _CONTEXT + shape[0], _CONTEXT : _CONTEXT + shape[1]] > 0.5


def _window(block: int) -> np.ndarray:
    """Return the weights of a piece: 1 inside, falling to the edge of its rim."""
    index = np.arange(block + 2 * _RIM)
    ramp = np.minimum(1.0, (np.minimum(index, index[::-1]) + 0.5) / (2 * _RIM))
    return np.outer(ramp, ramp).astype(np.float32)
