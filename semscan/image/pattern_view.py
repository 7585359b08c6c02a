"""Cut views out of a periodic image at a standard pitch, angle and range, so that all patterns look similar."""

from __future__ import annotations

import math

import cv2
import numpy as np

# px of a view, and px that the shorter pitch has in it
SIDE = 64
PITCH = 20.0


def grey_range(values: np.ndarray, judged: np.ndarray | None = None) -> tuple[float, float]:
    """Return median and range of the judged grey levels.

    The range goes from the 2nd to the 98th percentile. Both are taken after a slight blur, so that noise does not
    widen it.
    """
    smooth = cv2.GaussianBlur(values, (0, 0), 1.0)
    low, middle, high = np.percentile(smooth if judged is None else smooth[judged], (2, 50, 98))
    return float(middle), max(float(high - low), 1e-3)


def pattern_view(
    values: np.ndarray,
    labels: np.ndarray,
    label: int,
    centre: tuple[float, float],
    step: np.ndarray,
    grey: tuple[float, float],
) -> np.ndarray:
    """Cut out a view, turned so that `step` points to the right, and scaled so that it is `PITCH` long.

    Parameters
    ----------
    values : ndarray of float32, shape (rows, cols)
        Grey levels.
    labels : ndarray of int, same shape
        The label of each region at its pixels, 0 elsewhere.
    label : int
        Label of the region that the view shows; 0 for none.
    centre : (row, col)
    step : ndarray of float64, shape (2,)
        (row, col) from one repeat to the next, px.
    grey : (float, float)
        As from `grey_range`.

    Returns
    -------
    ndarray of float32, shape (SIDE, SIDE, 2)
        Grey levels about 0, most within -1 to 1, and the region; mirrored beyond the image's border.
    """
    zoom = PITCH / math.hypot(*step)
    turn = cv2.getRotationMatrix2D((centre[1], centre[0]), math.degrees(math.atan2(step[0], step[1])), zoom)
    turn[:, 2] += (SIDE - 1) / 2 - np.array([centre[1], centre[0]])
    reach = math.ceil(SIDE / zoom * 0.75) + 4  # only these pixels need to be blurred and turned
    rows, cols = (slice(max(0, int(at) - reach), int(at) + reach + 1) for at in centre)
    piece = values[rows, cols]
    region = ((labels[rows, cols] == label) & (label > 0)).astype(np.float32)
    if zoom < 1:  # shrinking without a blur would alias
        piece = cv2.GaussianBlur(piece, (0, 0), 0.5 / zoom)
        region = cv2.GaussianBlur(region, (0, 0), 0.5 / zoom)
    turn[:, 2] += turn[:, :2] @ np.array([cols.start, rows.start])
    size = (SIDE, SIDE)
    piece = cv2.warpAffine(piece, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    region = cv2.warpAffine(region, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return np.stack([(piece - grey[0]) / grey[1], region], -1).astype(np.float32)
