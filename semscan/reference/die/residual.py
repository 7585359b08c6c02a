"""How far two aligned images differ, in units of what their noise and edge jitter explain."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

SCALES = (1.0, 1.8, 3.2)  # px: a pinhole, a defect 5 px across, a stain
SHADING_REACH = 24.0
FADE = 0.02
LEVELS = 6
# 95 % of a normal distribution lie within 1.96 standard deviations
USUAL = 0.95
USUAL_SPREADS = 1.96
JITTERS = np.geomspace(0.02, 1.0, 24)  # px
LEAST_NOISE = 1e-3  # a quarter of a grey level of 8 bits
EDGE_REACH = 5
EDGE_SHARE = 0.15
SURROUNDINGS = 6.0


@dataclass(frozen=True)
class Residual:
    """What differs at one scale; both of shape (rows, cols).

    `values`: signed difference in units of its own spread, float32; 0 outside the field. `edges`: bool,
    where edge jitter has a large share in that spread.
    """

    values: np.ndarray
    edges: np.ndarray


def remove_shading(inspected, moved, valid):
    """The difference of two images less what a wide neighbourhood explains as shading, blur or shift.

    In Gaussian windows of 24 px, many times larger than a defect, the difference is fitted by the moved
    image itself (contrast), its Laplacian (focus), its two slopes (shift) and a constant (brightness), and
    the fit is taken off: He's guided filter with five guides. Clipping keeps defects out of the fit.

    Parameters
    ----------
    inspected, moved : ndarray of float32, shape (rows, cols)
    valid : ndarray of bool, shape (rows, cols)
        Where both images are seen.

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
    target = np.stack([_wide(clipped * guide) for guide in guides], -1)
    normal = np.empty((*target.shape, count), np.float32)
    for i in range(count):
        for j in range(i, count):
            normal[..., i, j] = normal[..., j, i] = _wide(guides[i] * guides[j])
    typical = np.maximum(np.diagonal(normal, axis1=-2, axis2=-1).mean(axis=(0, 1)), 1e-9)
    normal[..., range(count), range(count)] += FADE * typical + np.float32(1e-7)
    fit = np.linalg.solve(normal, target[..., None])[..., 0]
    for n, guide in enumerate(guides):
        error -= guide * cv2.resize(np.ascontiguousarray(fit[..., n]), error.shape[::-1])
    return error


def _guides(moved, mean):
    """What a difference may smoothly depend on."""
    quiet = cv2.GaussianBlur(moved, (0, 0), 1.0)
    gx, gy = (cv2.Sobel(quiet, cv2.CV_32F, *axis, ksize=3, scale=1 / 8) for axis in ((1, 0), (0, 1)))
    return np.ones_like(moved), moved - np.float32(mean), cv2.Laplacian(quiet, cv2.CV_32F), gx, gy


def _wide(values):
    """Gaussian mean over the reach of shading, on a coarse grid."""
    step = max(1, min(8, min(values.shape) // 16))
    size = [max(1, round(n / step)) for n in values.shape[::-1]]
    return cv2.GaussianBlur(cv2.resize(values, size, interpolation=cv2.INTER_AREA), (0, 0), SHADING_REACH / step)


def residuals(inspected, moved, error, valid, common):
    """The difference at each scale over the spread that noise and edge jitter give it at such places.

    At scale s the smoothed difference is held against ``sqrt(noise(level)^2 + (jitter * slope)^2)``: the
    noise of flat places of that grey level, and the jitter in px that edges keep after `follow_edges`, times
    the slope of the edge. A slope counts only where both images have one, so that an edge that is missing or
    new is no excuse for itself. Both figures are measured in the pair at that very scale, so rows of noise
    or a coarse grain count in full.

    Parameters
    ----------
    inspected, moved, error : ndarray of float32, shape (rows, cols)
        `error` as `remove_shading` gives it.
    valid, common : ndarray of bool, shape (rows, cols)
        Where both images are seen, and where they are judged.

    Returns
    -------
    list of Residual
        By rising scale.
    """
    share = valid.astype(np.float32)
    found = []
    for scale in SCALES:
        smooth = _centred(error, share, scale)
        ours, theirs = (cv2.GaussianBlur(part, (0, 0), scale) for part in (inspected, moved))
        slope = np.minimum(_slope(ours), _slope(theirs))
        noise, jitter = _spread(smooth, np.minimum(ours, theirs), slope, common)
        values = np.where(common, smooth / np.sqrt(noise**2 + jitter**2), 0)
        found.append(Residual(values, jitter > EDGE_SHARE * noise))
    return found


def _centred(error, share, scale):
    """The error smoothed over `scale`, less what its wider surroundings usually show."""
    smooth = cv2.GaussianBlur(error, (0, 0), scale) / np.maximum(cv2.GaussianBlur(share, (0, 0), scale), 0.2)
    usual = 3 * float(np.quantile(np.abs(smooth[share > 0][::5]), 0.68))
    wide = SURROUNDINGS * scale
    around = cv2.GaussianBlur(np.clip(smooth, -usual, usual) * share, (0, 0), wide)
    return smooth - around / np.maximum(cv2.GaussianBlur(share, (0, 0), wide), 0.2)


def _slope(image):
    """Steepest slope within a few px, grey levels per px."""
    gx, gy = (cv2.Sobel(image, cv2.CV_32F, *axis, ksize=3, scale=1 / 8) for axis in ((1, 0), (0, 1)))
    return cv2.dilate(cv2.magnitude(gx, gy), np.ones((EDGE_REACH, EDGE_REACH), np.uint8))


def _spread(smooth, level, slope, common):
    """Standard deviation of the smoothed difference at each place: of noise, and of edge jitter."""
    at = np.flatnonzero(common)
    at = at[:: max(1, at.size // 200_000)]
    sizes, levels, slopes = np.abs(smooth.flat[at]), level.flat[at], slope.flat[at]
    flat = slopes <= np.quantile(slopes, 0.5)
    ends = np.quantile(levels[flat], np.linspace(0, 1, LEVELS + 1))
    bins = np.clip(np.searchsorted(ends, levels[flat], side="right") - 1, 0, LEVELS - 1)
    parts = [bins == n for n in range(LEVELS) if (bins == n).sum() > 30]
    centres = [np.median(levels[flat][part]) for part in parts]
    noises = [np.quantile(sizes[flat][part], USUAL) / USUAL_SPREADS for part in parts]
    noise = np.maximum(np.interp(level, centres, noises), LEAST_NOISE).astype(np.float32)
    near = ~flat
    jitter = _jitter(sizes[near], noise.flat[at][near], slopes[near])
    return noise, np.float32(jitter) * slope


def _jitter(sizes, noise, slopes):
    """Smallest jitter (px) that makes the differences at edges as usual as elsewhere."""
    steep = slopes >= np.quantile(slopes, 0.6)
    sizes, noise, slopes = sizes[steep], noise[steep], slopes[steep]
    for jitter in JITTERS:
        if np.quantile(sizes / np.hypot(noise, jitter * slopes), USUAL) <= USUAL_SPREADS:
            break
    return jitter
