"""Images without noise and shading at one working size, and how they compare under a warp."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from semscan.reference.die.warp import Warp
from semscan.values import CleanImage

COARSE_SIDE = 256
FINE_SIDE = 512
LEAST_OVERLAP = 0.15


@dataclass(frozen=True)
class BandPassed:
    """One image at one working size, band-passed.

    `values` is float32 about 0, `weight` is float32, 1 where judged and 0 elsewhere, `scale` is at most 1.
    """

    values: np.ndarray
    weight: np.ndarray
    scale: float


def band_pass(image: CleanImage, scale: float) -> BandPassed:
    """Shrink an image, remove noise and shading, and clip its extremes at 3 standard deviations."""
    size = [max(1, round(scale * n)) for n in image.values.shape[::-1]]
    values = cv2.resize(image.values, size, interpolation=cv2.INTER_AREA)
    weight = cv2.resize(image.judged.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    # away from pixels that are not judged: shrinking has mixed them with their neighbours
    weight = (cv2.erode(weight, np.ones((5, 5))) > 0.99).astype(np.float32)
    mean = float((values * weight).sum() / max(weight.sum(), 1))
    values = np.where(weight > 0, values, np.float32(mean))
    values = cv2.GaussianBlur(values, (0, 0), 1.2) - cv2.GaussianBlur(values, (0, 0), 10)
    # one bright particle must not decide where the images match
    most = 3 * float(np.sqrt((values**2 * weight).sum() / max(weight.sum(), 1)))
    values = np.clip(values, -most, most) * weight / max(most, 1e-12)
    return BandPassed(values, weight, size[0] / image.values.shape[1])


def overlap(inspected: BandPassed, reference: BandPassed, warp: Warp) -> tuple[np.ndarray, np.ndarray]:
    """Return the warped reference, and 1 where both images are judged (float32, 0 elsewhere)."""
    shape = inspected.values.shape
    warped = warp.apply(reference.values, shape, inspected.scale)
    weight = (warp.apply(reference.weight, shape, inspected.scale) > 0.99) & (inspected.weight > 0)
    return warped, weight.astype(np.float32)


def similarity(inspected: BandPassed, reference: BandPassed, warp: Warp) -> float:
    """Correlate the band-passed pair over its common field, -1 to 1; -1 if the field is too small."""
    warped, weight = overlap(inspected, reference, warp)
    if weight.sum() < LEAST_OVERLAP * min(inspected.weight.sum(), reference.weight.sum()):
        return -1.0
    ours = inspected.values[weight > 0]
    theirs = warped[weight > 0]
    ours = ours - ours.mean()
    theirs = theirs - theirs.mean()
    return float((ours * theirs).sum() / max(math.sqrt(float((ours**2).sum() * (theirs**2).sum())), 1e-12))


def robust_error(
    inspected: np.ndarray, warped: np.ndarray, weight: np.ndarray, usual: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the difference of two images after gain matching, and weights that ignore outliers (Tukey's).

    A defect is in one of the images alone; the weights keep it from moving the warp. `usual` is bool, where the error
    is taken that outliers exceed six times; by default wherever there is weight.
    """
    gain = float((weight * inspected * warped).sum() / max(float((weight * warped * warped).sum()), 1e-12))
    error = inspected - np.float32(gain) * warped
    sample = np.abs(error[weight > 0][::7] if usual is None else error[usual])
    limit = 6 * max(float(np.median(sample)) if sample.size else 0.0, 1e-9)
    return error / np.float32(gain or 1.0), weight * np.maximum(1 - (error / limit) ** 2, 0) ** 2


def slopes(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the slopes of an image along x and along y, grey levels per px."""
    return (
        cv2.Sobel(image, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8),
        cv2.Sobel(image, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8),
    )
