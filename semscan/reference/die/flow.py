"""The smooth distortion that an affine warp leaves: scan drift, charging, lens errors."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from semscan.reference.die.register import overlap, robust_error

REACHES = (64.0, 32.0, 32.0)  # px of the working size: windows shrink, the last one settles
LARGEST_STEP = 1.5
FADE = 0.05


def add_flow(inspected, reference, warp):
    """Let each neighbourhood of the reference move a little on its own.

    One Lucas-Kanade step per window size: the shift that explains the error in a Gaussian window, drawn
    to 0 where there is no pattern, and along lines. The windows are many times larger than a defect, and
    pixels that no shift explains count little, so that no defect is moved away.

    Parameters
    ----------
    inspected, reference : pair_register.Band
    warp : Warp
        Affine, from `register`.

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
    for reach in REACHES:
        warp = replace(warp, flow=flow / np.float32(inspected.scale))
        seen, weight = overlap(inspected, reference, warp)
        error, weight = robust_error(inspected.values, seen, weight)
        flow = flow + _step(error, weight, seen, min(reach, max(rows, cols) / 4))
    return replace(warp, flow=flow / np.float32(inspected.scale))


def _step(error, weight, seen, reach):
    """The shift (x, y) of each pixel's window that explains most of its error."""
    gx, gy = (cv2.Sobel(seen, cv2.CV_32F, *axis, ksize=3, scale=1 / 8) for axis in ((1, 0), (0, 1)))
    xx, xy, yy, xe, ye = (
        _window(weight * product, reach) for product in (gx * gx, gx * gy, gy * gy, gx * error, gy * error)
    )
    share = weight.mean()
    fade = FADE * float((weight * (gx * gx + gy * gy)).mean()) / 2 / max(float(share), 1e-6) + 1e-12
    xx, yy = xx + fade, yy + fade
    scale = 1 / (xx * yy - xy * xy)
    step = np.stack([(yy * xe - xy * ye) * scale, (xx * ye - xy * xe) * scale], -1)
    return np.clip(cv2.resize(step, seen.shape[::-1]), -LARGEST_STEP, LARGEST_STEP)


def _window(values, reach):
    """Gaussian mean over `reach` px, on a grid of a quarter of it: the result is smooth."""
    step = max(1, int(reach / 8))
    size = [max(1, round(n / step)) for n in values.shape[::-1]]
    return cv2.GaussianBlur(cv2.resize(values, size, interpolation=cv2.INTER_AREA), (0, 0), reach / step)
