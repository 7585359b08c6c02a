"""Follow scan drift: while an image is scanned row by row, the stage or the beam moves, and whole rows shift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from semscan.reference.die.band_passed import (
    COARSE_SIDE,
    FINE_SIDE,
    BandPassed,
    band_pass,
    overlap,
    robust_error,
    slopes,
)
from semscan.reference.die.flow import LARGEST_STEP, add_flow
from semscan.reference.die.warp import Warp
from semscan.values import CleanImage

REACHES = {COARSE_SIDE: (32.0,) * 8, FINE_SIDE: (16.0,) * 4}  # px of the working size
DAMPING = 0.05
LEAST_ENERGY = 0.1  # of the mean over all rows
STEEP = 0.8  # quantile of the slopes from which pixels count as edges


def follow_drift(inspected: CleanImage, reference: CleanImage, warp: Warp) -> Warp:
    """Estimate the smooth distortion that an affine warp leaves: of whole rows, then of each neighbourhood.

    Parameters
    ----------
    inspected, reference : CleanImage
    warp : Warp
        Affine, from `register`.

    Returns
    -------
    Warp
        With `flow`.
    """
    side = max(*inspected.values.shape, *reference.values.shape)
    for size in (COARSE_SIDE, FINE_SIDE):
        scale = min(1.0, size / side)
        pair = band_pass(inspected, scale), band_pass(reference, scale)
        warp = follow_rows(*pair, warp, REACHES[size])
    return add_flow(*pair, warp)


def follow_rows(
    inspected: BandPassed, reference: BandPassed, warp: Warp, reaches: Sequence[float] = REACHES[COARSE_SIDE]
) -> Warp:
    """Let the rows of the reference shift, each like those near it.

    There is one Lucas-Kanade step for each of the `reaches`: the shift that explains the error in a window of whole
    rows, Gaussian across them. With so many pixels in a window, it follows faster and larger changes than windows of a
    few dozen px can. Pixels count as outliers by the usual error of edges, which is large until the rows lie on each
    other, so that misplaced edges still pull.

    Parameters
    ----------
    inspected, reference : BandPassed
    warp : Warp
        Affine, or with the flow of earlier steps.
    reaches : sequence of float
        Standard deviations of the windows, px of the working size.
    """
    rows, cols = inspected.values.shape
    shifts = np.zeros((rows, 1, 2), np.float32)
    if warp.flow is not None:
        shifts = cv2.resize(warp.flow, (cols, rows))[:, :1] * np.float32(inspected.scale)
    for reach in reaches:
        warp = replace(warp, flow=_flow(shifts, inspected))
        shifts = shifts + _step(inspected, *overlap(inspected, reference, warp), reach)
    return replace(warp, flow=_flow(shifts, inspected))


def _flow(shifts: np.ndarray, image: BandPassed) -> np.ndarray:
    """Return the flow in full-size px of shifts of rows, (rows, 1, 2)."""
    return np.repeat(shifts / np.float32(image.scale), image.values.shape[1], axis=1)


def _step(inspected: BandPassed, warped: np.ndarray, weight: np.ndarray, reach: float) -> np.ndarray:
    """Return the shift (x, y) of the window around each row that explains most of its error, (rows, 1, 2)."""
    gx, gy = slopes(warped)
    error, weight = robust_error(inspected.values, warped, weight, _edges(np.hypot(gx, gy), weight > 0))
    xx = _window_sum(weight * gx * gx, reach)
    xy = _window_sum(weight * gx * gy, reach)
    yy = _window_sum(weight * gy * gy, reach)
    xe = _window_sum(weight * gx * error, reach)
    ye = _window_sum(weight * gy * error, reach)
    damping = DAMPING * float((xx + yy).mean()) / 2 + 1e-12
    xx = xx + damping
    yy = yy + damping
    inverse = 1 / (xx * yy - xy * xy)
    step = [_continued((yy * xe - xy * ye) * inverse, xx), _continued((xx * ye - xy * xe) * inverse, yy)]
    return np.clip(np.stack(step, -1), -LARGEST_STEP, LARGEST_STEP)


def _continued(step: np.ndarray, energy: np.ndarray) -> np.ndarray:
    """Return the steps, (rows, 1); where rows show hardly any slopes, those of the rows around them."""
    known = np.flatnonzero(energy[:, 0] > LEAST_ENERGY * energy.mean())
    return np.interp(np.arange(len(step)), known, step[known, 0])[:, None].astype(np.float32)


def _edges(slope: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Mark the steepest fifth of the pixels inside."""
    return inside & (slope > np.quantile(slope[inside], STEEP)) if inside.any() else inside


def _window_sum(values: np.ndarray, reach: float) -> np.ndarray:
    """Sum over whole rows and, Gaussian, over the rows around each, (rows, 1)."""
    side = 2 * int(3 * reach) + 1
    column = values.sum(axis=1, keepdims=True)
    return cv2.GaussianBlur(column, (1, side), sigmaX=1, sigmaY=reach, borderType=cv2.BORDER_CONSTANT)
