"""Measure how far two aligned images differ, in units of what their noise and edge jitter explain."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from semscan.reference.die.band_passed import slopes
from semscan.reference.visible_size import PLACES

SCALES = (1.0, 1.8, 3.2)  # px: a pinhole, a defect 5 px across, a stain
SHADING_REACH = 24.0
DAMPING = 0.02
LEVELS = 6  # of grey, at which the noise is measured
# 95 % of a normal distribution lie within 1.96 standard deviations
USUAL = 0.95
USUAL_SPREADS = 1.96
JITTERS = np.geomspace(0.02, 1.0, 24)  # px
LEAST_NOISE = 1e-3  # a quarter of a grey level of 8 bits
EDGE_REACH = 5  # px
EDGE_SHARE = 0.15
SURROUNDINGS = 6.0  # times the scale


@dataclass(frozen=True)
class Residual:
    """The difference at one scale; both arrays have the shape (rows, cols).

    `values`: signed difference in units of its own spread, float32; 0 outside of the field. `edges`: bool,
    where edge jitter has a large share in that spread. `spread` is the one that nine in ten places do not exceed, on
    the grey scale of the images.
    """

    scale: float
    values: np.ndarray
    edges: np.ndarray
    spread: float


def remove_shading(inspected: np.ndarray, moved: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Subtract two images, and remove what a wide neighbourhood explains as shading, blur or shift.

    In Gaussian windows of 24 px, many times larger than a defect, the difference is fitted by the moved
    image itself (contrast), its Laplacian (focus), its two slopes (shift) and a constant (brightness), and
    the fit is subtracted: He's guided filter with five guides. Clipping keeps defects out of the fit.

    Parameters
    ----------
    inspected, moved : ndarray of float32, shape (rows, cols)
        The image, and the aligned reference.
    valid : ndarray of bool, shape (rows, cols)
        Where both images are judged.

    Returns
    -------
    ndarray of float32, shape (rows, cols)
        0 where not valid.

    References
    ----------
    K. He, J. Sun, X. Tang, "Guided Image Filtering", IEEE TPAMI 35(6), 2013, doi:10.1109/TPAMI.2012.213.
    """
    weight = valid.astype(np.float32)
    error = (inspected - moved) * weight
    usual = 3 * max(float(np.quantile(np.abs(error[valid][::5]), 0.68)), 1e-6)
    clipped = np.clip(error, -usual, usual)
    guides = [guide * weight for guide in _guides(moved, float(moved[valid].mean()))]
    count = len(guides)
    # the normal equations of a linear fit in the window around each pixel
    target = np.stack([wide_mean(clipped * guide) for guide in guides], -1)
    normal = np.empty((*target.shape, count), np.float32)
    for i in range(count):
        for j in range(i, count):
            normal[..., i, j] = normal[..., j, i] = wide_mean(guides[i] * guides[j])
    # damped, each guide by its own size: where the image is flat, its slopes explain nothing
    typical = np.maximum(np.diagonal(normal, axis1=-2, axis2=-1).mean(axis=(0, 1)), 1e-9)
    normal[..., range(count), range(count)] += DAMPING * typical + np.float32(1e-7)
    fit = np.linalg.solve(normal, target[..., None])[..., 0]
    for number, guide in enumerate(guides):
        error -= guide * cv2.resize(np.ascontiguousarray(fit[..., number]), error.shape[::-1])
    return error


def _guides(moved: np.ndarray, mean: float) -> list[np.ndarray]:
    """Return the images of which a difference may be a smooth multiple."""
    smooth = cv2.GaussianBlur(moved, (0, 0), 1.0)
    return [np.ones_like(moved), moved - np.float32(mean), cv2.Laplacian(smooth, cv2.CV_32F), *slopes(smooth)]


def wide_mean(values: np.ndarray) -> np.ndarray:
    """Average over Gaussian windows of the reach of shading, on a coarse grid."""
    step = max(1, min(8, min(values.shape) // 16))
    size = [max(1, round(n / step)) for n in values.shape[::-1]]
    return cv2.GaussianBlur(cv2.resize(values, size, interpolation=cv2.INTER_AREA), (0, 0), SHADING_REACH / step)


def residuals(
    inspected: np.ndarray, moved: np.ndarray, error: np.ndarray, valid: np.ndarray, common: np.ndarray
) -> list[Residual]:
    """Divide the difference at each scale by the spread that noise and edge jitter give it at such pixels.

    At scale s the smoothed difference is divided by ``sqrt(noise(level)^2 + (jitter * slope)^2)``: the
    noise of flat areas of that grey level, and the jitter in px that edges keep after `follow_edges`, times
    the slope of the edge. A slope counts only where both images have one, so that an edge that is missing or
    new does not excuse itself. Both are measured in the pair at that very scale, so that rows of noise
    or a coarse grain count in full.

    Parameters
    ----------
    inspected, moved, error : ndarray of float32, shape (rows, cols)
        `error` as `remove_shading` returns it.
    valid, common : ndarray of bool, shape (rows, cols)
        Where both images are judged, and the same less a border.

    Returns
    -------
    list of Residual
        By rising scale.
    """
    weight = valid.astype(np.float32)
    found = []
    for scale in SCALES:
        smooth = _centred(error, weight, scale)
        ours = cv2.GaussianBlur(inspected, (0, 0), scale)
        theirs = cv2.GaussianBlur(moved, (0, 0), scale)
        slope = np.minimum(_steepest_slope(ours), _steepest_slope(theirs))
        noise, jitter = _spread(smooth, np.minimum(ours, theirs), slope, common)
        spread = np.sqrt(noise**2 + jitter**2)
        values = np.where(common, smooth / spread, 0)
        at_most = float(np.quantile(spread[common], PLACES))
        found.append(Residual(scale, values, jitter > EDGE_SHARE * noise, at_most))
    return found


def _centred(error: np.ndarray, weight: np.ndarray, scale: float) -> np.ndarray:
    """Smooth the error over `scale`, and subtract the mean of its wider surroundings, without outliers."""
    smooth = cv2.GaussianBlur(error, (0, 0), scale) / np.maximum(cv2.GaussianBlur(weight, (0, 0), scale), 0.2)
    usual = 3 * float(np.quantile(np.abs(smooth[weight > 0][::5]), 0.68))
    wide = SURROUNDINGS * scale
    around = cv2.GaussianBlur(np.clip(smooth, -usual, usual) * weight, (0, 0), wide)
    return smooth - around / np.maximum(cv2.GaussianBlur(weight, (0, 0), wide), 0.2)


def _steepest_slope(image: np.ndarray) -> np.ndarray:
    """Return the steepest slope within a few px, grey levels per px."""
    return cv2.dilate(cv2.magnitude(*slopes(image)), np.ones((EDGE_REACH, EDGE_REACH), np.uint8))


def _spread(
    smooth: np.ndarray, level: np.ndarray, slope: np.ndarray, common: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Estimate the standard deviation of the smoothed difference at each pixel: of noise, and of edge jitter."""
    at = np.flatnonzero(common)
    at = at[:: max(1, at.size // 200_000)]
    sizes = np.abs(smooth.flat[at])
    levels = level.flat[at]
    local_slopes = slope.flat[at]
    # shot noise depends on the grey level: measure it at several levels, where there are no edges
    flat = local_slopes <= np.quantile(local_slopes, 0.5)
    ends = np.quantile(levels[flat], np.linspace(0, 1, LEVELS + 1))
    bins = np.clip(np.searchsorted(ends, levels[flat], side="right") - 1, 0, LEVELS - 1)
    parts = [bins == n for n in range(LEVELS) if (bins == n).sum() > 30]
    centres = [np.median(levels[flat][part]) for part in parts]
    noises = [np.quantile(sizes[flat][part], USUAL) / USUAL_SPREADS for part in parts]
    noise = np.maximum(np.interp(level, centres, noises), LEAST_NOISE).astype(np.float32)
    jitter = _jitter(sizes[~flat], noise.flat[at][~flat], local_slopes[~flat])
    return noise, np.float32(jitter) * slope


def _jitter(sizes: np.ndarray, noise: np.ndarray, local_slopes: np.ndarray) -> float:
    """Find the smallest jitter (px) with which differences at edges are as usual as elsewhere."""
    steep = local_slopes >= np.quantile(local_slopes, 0.6)
    sizes = sizes[steep]
    noise = noise[steep]
    local_slopes = local_slopes[steep]
    for jitter in JITTERS:
        if np.quantile(sizes / np.hypot(noise, jitter * local_slopes), USUAL) <= USUAL_SPREADS:
            return jitter
    return JITTERS[-1]
