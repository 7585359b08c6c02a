"""A piece of a periodic image at a standard pitch, angle and contrast, so that all patterns look alike."""

from __future__ import annotations

import math

import cv2
import numpy as np

# px of a view, and px that the shorter pitch has in it
SIDE = 64
PITCH = 20.0


def levels(values: np.ndarray, judged: np.ndarray | None = None) -> tuple[float, float]:
    """Middle and full contrast of what is judged, noise apart: the 2nd to the 98th percentile of its blur."""
    soft = cv2.GaussianBlur(values, (0, 0), 1.0)
    low, middle, high = np.percentile(soft if judged is None else soft[judged], (2, 50, 98))
    return float(middle), max(float(high - low), 1e-3)


def pattern_view(
    values: np.ndarray,
    numbered: np.ndarray,
    number: int,
    centre: tuple[float, float],
    step: np.ndarray,
    grey: tuple[float, float],
) -> np.ndarray:
    """Cut out a piece, turned so that `step` goes to the right, and scaled so that it is `PITCH` long.

    Parameters
    ----------
    values : ndarray of float32, shape (rows, cols)
        Grey levels.
    numbered : ndarray of int, same shape
        Numbers of the regions' pixels, 0 elsewhere.
    number : int
        That of the region which the piece is about; 0 for none.
    centre : (row, col)
    step : ndarray of float64, shape (2,)
        (row, col) from one repeat to the next, px.
    grey : (float, float)
        As from `levels`.

    Returns
    -------
    ndarray of float32, shape (SIDE, SIDE, 2)
        Grey levels about 0, most within -1 to 1, and the region; mirrored beyond the image's border.
    """
    zoom = PITCH / math.hypot(*step)
    turn = cv2.getRotationMatrix2D((centre[1], centre[0]), math.degrees(math.atan2(step[0], step[1])), zoom)
    turn[:, 2] += (SIDE - 1) / 2 - np.array([centre[1], centre[0]])
    reach = math.ceil(SIDE / zoom * 0.75) + 4  # only what is near is blurred and turned
    rows, cols = (slice(max(0, int(at) - reach), int(at) + reach + 1) for at in centre)
    piece, part = values[rows, cols], ((numbered[rows, cols] == number) & (number > 0)).astype(np.float32)
    if zoom < 1:
        piece, part = (cv2.GaussianBlur(each, (0, 0), 0.5 / zoom) for each in (piece, part))
    turn[:, 2] += turn[:, :2] @ np.array([cols.start, rows.start])
    view = [
        cv2.warpAffine(each, turn, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=mode)
        for each, mode in ((piece, cv2.BORDER_REFLECT), (part, cv2.BORDER_CONSTANT))
    ]
    return np.stack([(view[0] - grey[0]) / grey[1], view[1]], -1).astype(np.float32)
