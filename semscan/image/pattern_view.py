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
    steps: np.ndarray,
    grey: tuple[float, float],
) -> np.ndarray:
    """Cut out a view, turned so that the shorter step points to the right, and scaled so that it is `PITCH` long.

    Parameters
    ----------
    values : ndarray of float32, shape (rows, cols)
        Grey levels.
    labels : ndarray of int, same shape
        The label of each region at its pixels, 0 elsewhere.
    label : int
        Label of the region that the view shows; 0 for none.
    centre : (row, col)
    steps : ndarray of float64, shape (1 or 2, 2)
        (row, col) from one repeat to the next, px; one step for lines, two for arrays.
    grey : (float, float)
        As from `grey_range`.

    Returns
    -------
    ndarray of float32, shape (SIDE, SIDE, 3)
        Grey levels about 0, most within -1 to 1, mirrored beyond the image's border; the region; and the golden
        reference, which is the median of the nearest repeats.
    """
    step = steps[np.argmin(np.hypot(*steps.T))]
    zoom = PITCH / math.hypot(*step)
    turn = cv2.getRotationMatrix2D((centre[1], centre[0]), math.degrees(math.atan2(step[0], step[1])), zoom)
    turn[:, 2] += (SIDE - 1) / 2 - np.array([centre[1], centre[0]])
    shifts = _repeats(steps)
    reach = math.ceil(SIDE / zoom * 0.75 + np.abs(shifts).max()) + 4  # only these pixels are blurred and turned
    rows, cols = (slice(max(0, int(at) - reach), int(at) + reach + 1) for at in centre)
    piece = values[rows, cols]
    region = ((labels[rows, cols] == label) & (label > 0)).astype(np.float32)
    turn[:, 2] += turn[:, :2] @ np.array([cols.start, rows.start])
    if zoom < 0.5:
        piece, region, turn, shifts = _shrunk(piece, region, turn, shifts, 2 * zoom)
        zoom = 0.5
    if zoom < 1:  # shrinking without a blur would alias
        piece = cv2.GaussianBlur(piece, (0, 0), 0.5 / zoom)
        region = cv2.GaussianBlur(region, (0, 0), 0.5 / zoom)
    view = _turned(piece, turn, cv2.BORDER_REFLECT)
    golden = _golden(piece, turn, shifts, view)
    region = _turned(region, turn, cv2.BORDER_CONSTANT)
    return np.stack([(view - grey[0]) / grey[1], region, (golden - grey[0]) / grey[1]], -1).astype(np.float32)


def _shrunk(
    piece: np.ndarray, region: np.ndarray, turn: np.ndarray, shifts: np.ndarray, factor: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Make a piece and its region smaller, so that a large pitch costs no more; turn and shifts fit them."""
    size = [max(1, round(factor * side)) for side in piece.shape[::-1]]
    small, small_region = (cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in (piece, region))
    x, y = size[0] / piece.shape[1], size[1] / piece.shape[0]
    # pixel centres: at (small + 0.5) / factor - 0.5 in the piece
    offset = turn[:, :2] @ np.array([0.5 / x - 0.5, 0.5 / y - 0.5])
    return small, small_region, np.column_stack([turn[:, :2] / (x, y), turn[:, 2] + offset]), shifts * (y, x)


def _turned(piece: np.ndarray, turn: np.ndarray, border: int, value: float = 0.0) -> np.ndarray:
    return cv2.warpAffine(
        piece, turn, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=border, borderValue=(value, 0, 0, 0)
    )


def _repeats(steps: np.ndarray) -> np.ndarray:
    """Return the steps to the nearest repeats, float64 (n, 2) as (row, col)."""
    if len(steps) == 1:
        along = steps[0][::-1] * (-1, 1)
        pairs = [(i, j) for i in range(-3, 4) for j in (-2, 0, 2) if (i, j) != (0, 0)]
        return np.array([i * steps[0] + j * along for i, j in pairs])
    pairs = [(i, j) for i in range(-2, 3) for j in range(-2, 3) if (i, j) != (0, 0)]
    return np.array([i * steps[0] + j * steps[1] for i, j in pairs])


def _golden(piece: np.ndarray, turn: np.ndarray, shifts: np.ndarray, view: np.ndarray) -> np.ndarray:
    """Return the median of the repeats that lie in the image; the view itself where none does."""
    repeats = []
    for row, col in shifts:
        moved = turn.copy()
        moved[:, 2] -= moved[:, :2] @ (col, row)
        repeats.append(_turned(piece, moved, cv2.BORDER_CONSTANT, np.nan))
    values = np.sort(np.stack(repeats), axis=0)  # NaN comes last
    count = np.isfinite(values).sum(0)
    middle = [np.take_along_axis(values, np.maximum(at, 0)[None], 0)[0] for at in ((count - 1) // 2, count // 2)]
    return np.where(count > 0, (middle[0] + middle[1]) / 2, view)
