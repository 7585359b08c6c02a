"""Measure how far two aligned images differ, in units of what their noise and edge jitter explain."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from semscan.reference.die.band_passed import slopes
from semscan.reference.die.noise import LEAST_NOISE, noise_by_level, remove_noise, usual_size
from semscan.reference.visible_size import PLACES

SCALES = (1.0, 1.4, 2.1, 3.2)  # px: a pinhole, defects 4 and 6 px across, a stain
SHADING_REACH = 24.0
DAMPING = 0.02
JITTERS = np.geomspace(0.02, 1.0, 24)  # px
NOISE_BLUR = 1.5  # px, of the grey level at which the noise of single pixels is measured
SAMPLES = 200_000  # px
CERTAIN = 1.25  # a difference from the averaged reference counts up to this multiple of that from the reference itself
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


def compare_grey_levels(
    inspected: np.ndarray, moved: np.ndarray, valid: np.ndarray, common: np.ndarray
) -> list[Residual]:
    """Compare the image with its reference twice: as it is, and without the noise of the reference.

    The second comparison has the noise of one image alone. But averaging may lose what the reference shows. So a
    difference counts only as far as the first comparison shows it too (`CERTAIN`).

    Parameters
    ----------
    inspected, moved : ndarray of float32, shape (rows, cols)
        The image, and the aligned reference.
    valid, common : ndarray of bool, shape (rows, cols)
        Where both images are judged, and the same less a border.

    Returns
    -------
    list of Residual
        By rising scale.
    """
    error = remove_shading(inspected, moved, valid)
    level = cv2.GaussianBlur(moved, (0, 0), NOISE_BLUR)
    at = _sample(common)
    sizes = np.abs(error.flat[at]) / np.float32(np.sqrt(2))  # each of the two images has half of the variance
    averaged = remove_noise(moved, noise_by_level(sizes, level.flat[at], _steepest_slope(level).flat[at]))
    both = _residuals(inspected, moved, error, valid, common)
    if averaged is moved:
        return both
    error = remove_shading(inspected, averaged, valid)
    one = _residuals(inspected, averaged, error, valid, common)
    return [_certain(single, double) for single, double in zip(one, both, strict=True)]


def _certain(single: Residual, double: Residual) -> Residual:
    """Limit the difference from the averaged reference by that from the reference itself.

    Where averaging has lost more of a texture than it has removed noise, the reference itself counts.
    """
    if single.spread >= double.spread:
        return double
    least = np.clip(single.values, -CERTAIN * np.maximum(-double.values, 0), CERTAIN * np.maximum(double.values, 0))
    spread = max(single.spread, double.spread / CERTAIN)
    return replace(single, values=least, spread=spread)


def _residuals(
    inspected: np.ndarray, moved: np.ndarray, error: np.ndarray, valid: np.ndarray, common: np.ndarray
) -> list[Residual]:
    """Divide the difference at each scale by the spread that noise and edge jitter give it at such pixels.

    At scale s the smoothed difference is divided by ``sqrt(noise(level)^2 + (jitter * slope)^2)``: the noise of that
    grey level, and the jitter in px that edges keep after `follow_edges`, times the slope of the edge. A slope counts
    only where both images have one, so that an edge that is missing or new does not excuse itself. How the noise
    depends on the grey level is measured at the finest scale, which shows narrow structures; how large it is at each
    scale, so that rows of noise or a coarse grain count in full.
    """
    weight = valid.astype(np.float32)
    at = _sample(common)
    found: list[Residual] = []
    variance = np.zeros(0, np.float32)
    for scale in SCALES:
        smooth = _centred(error, weight, scale)
        ours = cv2.GaussianBlur(inspected, (0, 0), scale)
        theirs = cv2.GaussianBlur(moved, (0, 0), scale)
        slope = np.minimum(_steepest_slope(ours), _steepest_slope(theirs))
        sizes = np.abs(smooth.flat[at])
        if not found:
            noise = noise_by_level(sizes, theirs.flat[at], slope.flat[at]).at(np.minimum(ours, theirs))
            variance = noise**2
        else:
            noise = np.sqrt(cv2.GaussianBlur(variance, (0, 0), scale / np.sqrt(2)))
        flat = slope.flat[at] <= np.quantile(slope.flat[at], 0.5)
        noise = np.maximum(noise * np.float32(usual_size((sizes / noise.flat[at])[flat])), LEAST_NOISE)
        jitter = _jitter(sizes[~flat], noise.flat[at][~flat], slope.flat[at][~flat]) * slope
        spread = np.sqrt(noise**2 + jitter**2)
        values = np.where(common, smooth / spread, 0)
        at_most = float(np.quantile(spread[common], PLACES))
        found.append(Residual(scale, values, jitter > EDGE_SHARE * noise, at_most))
    return found


def _sample(common: np.ndarray) -> np.ndarray:
    """Choose pixels of the field, evenly, at which spreads are measured."""
    at = np.flatnonzero(common)
    return at[:: max(1, at.size // SAMPLES)]


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


def _jitter(sizes: np.ndarray, noise: np.ndarray, local_slopes: np.ndarray) -> np.float32:
    """Find the smallest jitter (px) with which differences at edges are as usual as elsewhere."""
    steep = local_slopes >= np.quantile(local_slopes, 0.6)
    sizes = sizes[steep]
    noise = noise[steep]
    local_slopes = local_slopes[steep]
    for jitter in JITTERS:
        if usual_size(sizes / np.hypot(noise, jitter * local_slopes)) <= 1:
            return np.float32(jitter)
    return np.float32(JITTERS[-1])
