"""Estimate the smooth distortion that an affine warp leaves: scan drift, charging, lens errors."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from semscan.reference.die.band_passed import BandPassed, overlap, robust_error, slopes
from semscan.reference.die.warp import Warp

REACHES = (64.0, 32.0, 32.0)  # px of the working size: the windows shrink, and the last step converges
LARGEST_STEP = 1.5
DAMPING = 0.05


def add_flow(inspected: BandPassed, reference: BandPassed, warp: Warp) -> Warp:
    """Let each neighbourhood of the reference move a little on its own.

    There is one Lucas-Kanade step per window size: the shift that explains the error in a Gaussian window, damped
    towards 0 where there is no pattern, and along lines. The windows are many times larger than a defect, and
    pixels that no shift explains count little, so that no defect is moved away.

    Parameters
    ----------
    inspected, reference : BandPassed
    warp : Warp
        Affine, or with a flow that is added to.

    Returns
    -------
    Warp
        With `flow`.

    References
    ----------
    B. D. Lucas, T. Kanade, "An Iterative Image Registration Technique with an Application to Stereo
    Vision", IJCAI 1981.
    """
    rows, cols = inspected.values.shape
    flow = np.zeros((rows, cols, 2), np.float32)
    if warp.flow is not None:
        flow = cv2.resize(warp.flow, (cols, rows)) * np.float32(inspected.scale)
    for reach in REACHES:
        warp = replace(warp, flow=flow / np.float32(inspected.scale))
        warped, weight = overlap(inspected, reference, warp)
        error, weight = robust_error(inspected.values, warped, weight)
        flow = flow + _step(error, weight, warped, min(reach, max(rows, cols) / 4))
    return replace(warp, flow=flow / np.float32(inspected.scale))


def _step(error: np.ndarray, weight: np.ndarray, warped: np.ndarray, reach: float) -> np.ndarray:
    """Return the shift (x, y) of the window around each pixel that explains most of its error."""
    gx, gy = slopes(warped)
    xx = _window_mean(weight * (gx * gx), reach)
    xy = _window_mean(weight * (gx * gy), reach)
    yy = _window_mean(weight * (gy * gy), reach)
    xe = _window_mean(weight * (gx * error), reach)
    ye = _window_mean(weight * (gy * error), reach)
    # a share of the usual slope, so that windows without a pattern (and lines along themselves) do not move
    energy = float((weight * (gx * gx + gy * gy)).mean())
    damping = DAMPING * energy / 2 / max(float(weight.mean()), 1e-6) + 1e-12
    xx = xx + damping
    yy = yy + damping
    inverse = 1 / (xx * yy - xy * xy)
    step = np.stack([(yy * xe - xy * ye) * inverse, (xx * ye - xy * xe) * inverse], -1)
    return np.clip(cv2.resize(step, warped.shape[::-1]), -LARGEST_STEP, LARGEST_STEP)


def _window_mean(values: np.ndarray, reach: float) -> np.ndarray:
    """Average over Gaussian windows of `reach` px, on a grid of an eighth of it: the result is smooth."""
    step = max(1, int(reach / 8))
    size = [max(1, round(n / step)) for n in values.shape[::-1]]
    return cv2.GaussianBlur(cv2.resize(values, size, interpolation=cv2.INTER_AREA), (0, 0), reach / step)
