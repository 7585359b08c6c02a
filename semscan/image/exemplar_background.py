"""An image without its odd places: each square is borrowed from the best-fitting other place of the same image.

After the exemplars of Criminisi, Perez, Toyama, "Region Filling and Object Removal by Exemplar-Based Image
Inpainting", IEEE TIP 13(9), 2004, doi:10.1109/TIP.2004.833105: what is filled in is real texture with its real
noise, which neither a blur nor a reconstruction has.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

_RIM = 4  # pixels by which neighbouring pieces overlap, to blend
_CONTEXT = 12  # pixels around a square that decide which place fits


def exemplar_background(
    values: np.ndarray, judged: np.ndarray, avoid: np.ndarray, *, block: int, reach: int
) -> np.ndarray:
    """Fill every square of an image from another place of it.

    Parameters
    ----------
    values : ndarray of float32, shape (rows, cols)
    judged : ndarray of bool, same shape
        Nothing is borrowed from outside it.
    avoid : ndarray of bool, same shape
        Nothing is borrowed from here either, and what is here does not decide what fits, as far as possible.
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
    shut = (avoid | ~judged).astype(np.uint8)
    around = _RIM + _CONTEXT
    wide = cv2.copyMakeBorder(values, around, around, around, around, cv2.BORDER_REFLECT_101)
    open_wide = cv2.copyMakeBorder(1 - shut, around, around, around, around, cv2.BORDER_REFLECT_101)
    total, weight = np.zeros_like(wide, np.float32), np.full(wide.shape, 1e-6, np.float32)
    for top, left in _squares(values.shape, block):
        if not judged[top : top + block, left : left + block].any():
            continue
        piece = _best(wide, open_wide, (top, left), block, reach)
        window = _window(block)
        first = top + _CONTEXT, left + _CONTEXT
        place = slice(first[0], first[0] + len(window)), slice(first[1], first[1] + len(window))
        rows, cols = total[place].shape
        total[place] += (window * piece)[:rows, :cols]
        weight[place] += window[:rows, :cols]
    inside = (slice(around, around + values.shape[0]), slice(around, around + values.shape[1]))
    filled = total[inside] / weight[inside]
    return np.where(weight[inside] > 1e-3, filled, values).astype(np.float32)


def _squares(shape: tuple[int, ...], block: int) -> Iterator[tuple[int, int]]:
    """Corners of the squares; the last of a row or column lies flush with the border."""
    for row in range(0, shape[0], block):
        for col in range(0, shape[1], block):
            yield min(row, max(0, shape[0] - block)), min(col, max(0, shape[1] - block))


def _best(wide: np.ndarray, open_wide: np.ndarray, corner: tuple[int, int], block: int, reach: int) -> np.ndarray:
    """The piece, a square and its rim, whose surroundings are most like those of the square at `corner`.

    `wide` has a border of `_RIM` + `_CONTEXT`, so that the surroundings of a square begin at its own corner.
    """
    side, around = block + 2 * (_RIM + _CONTEXT), _RIM + _CONTEXT
    top, left = corner
    own = wide[top : top + side, left : left + side]
    first = max(0, top - reach), max(0, left - reach)
    field = wide[first[0] : top + reach + side, first[1] : left + reach + side]
    mask = open_wide[top : top + side, left : left + side].astype(np.float32)
    mask[around : around + block, around : around + block] = 0
    if mask[: own.shape[0], : own.shape[1]].sum() < 0.1 * mask.size:  # all around is to be avoided: it must do
        mask = np.ones_like(mask)
        mask[around : around + block, around : around + block] = 0
    unlike = cv2.matchTemplate(field, own, cv2.TM_SQDIFF, mask=mask)
    usable = open_wide[first[0] : top + reach + side, first[1] : left + reach + side]
    whole = np.ones((side - 2 * _CONTEXT,) * 2, np.float32)
    shut = cv2.matchTemplate(1 - usable.astype(np.float32), whole, cv2.TM_CCORR)
    shut = shut[_CONTEXT : _CONTEXT + unlike.shape[0], _CONTEXT : _CONTEXT + unlike.shape[1]]
    unlike = unlike + np.float32(1e6) * (shut > 0.5)
    row, col = top - first[0], left - first[1]
    unlike[max(0, row - block) : row + block, max(0, col - block) : col + block] += np.float32(1e6)  # not itself
    row, col = divmod(int(np.argmin(unlike)), unlike.shape[1])
    return field[row + _CONTEXT : row + side - _CONTEXT, col + _CONTEXT : col + side - _CONTEXT]


def _window(block: int) -> np.ndarray:
    """Weights of a piece: 1 inside, falling to its rim's edge."""
    place = np.arange(block + 2 * _RIM)
    ramp = np.minimum(1.0, (np.minimum(place, place[::-1]) + 0.5) / (2 * _RIM))
    return np.outer(ramp, ramp).astype(np.float32)
