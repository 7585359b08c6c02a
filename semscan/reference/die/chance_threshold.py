"""From residuals to one map: where the limit of chance lies, and which scale tells of a place."""

from __future__ import annotations

import cv2
import numpy as np

FALSE_ALARMS = 0.003  # chance peaks above the threshold, per image, scale and kind of place
TAIL = 0.9
GAUSSIAN_WORTH = 20
FEWEST = 12
EDGE_CAUTION = 1.1  # roughness comes in bulges, so its tail is longer than its bulk tells
RING = 21  # px
GAP = 11  # px: lobes of one defect nearer than this are one
SMALLEST = 4
BLURRED = 0.3
CAP = 0.95


def chance_limit(values, where):
    """The height that peaks of pure chance reach once in some hundred images of this size.

    The image's own peaks are the independent tests. Above their 90 % quantile u, peaks z of a Gaussian-like
    field have ``z^2 - u^2`` exponentially distributed; its scale is the median of the image's own (with a
    few Gaussian ones thrown in), so single defects do not raise it, and a tail longer than Gaussian does.
    What is above the limit is left out, surroundings and all, and the limit found again. Never below the
    limit of as many independent Gaussian numbers.

    Parameters
    ----------
    values : ndarray of float32, shape (rows, cols)
        Residual in units of its spread.
    where : ndarray of bool, shape (rows, cols)
        The places that count.

    Returns
    -------
    float
        In units of spread.

    References
    ----------
    R. J. Adler, J. E. Taylor, "Random Fields and Geometry", Springer 2007, doi:10.1007/978-0-387-48116-6,
    ch. 14 (expected number of peaks). J. Pickands, "Statistical Inference Using Extreme Order Statistics",
    Annals of Statistics 3(1), 1975, doi:10.1214/aos/1176343003.
    """
    sizes = np.where(where, np.abs(values), 0)
    limit = _tail_limit(sizes, where)
    known = cv2.dilate((sizes > limit).astype(np.uint8), np.ones((RING, RING), np.uint8)) > 0
    return _tail_limit(sizes, where & ~known) if known.any() else limit


def _tail_limit(sizes, where):
    """The limit that the tail of the peaks within `where` points to."""
    top = (sizes >= cv2.dilate(sizes, np.ones((5, 5), np.uint8))) & where & (sizes > 0)
    peaks = np.sort(sizes[top].astype(np.float64)) ** 2
    count = max(peaks.size, FEWEST)
    limit = 2 * np.log(count / FALSE_ALARMS)
    above = peaks[int(TAIL * peaks.size) :]
    if above.size >= FEWEST:
        scale = (np.median(above) - above[0]) / np.log(2)
        scale = (above.size * scale + GAUSSIAN_WORTH * 2) / (above.size + GAUSSIAN_WORTH)
        limit = max(limit, above[0] + scale * np.log(above.size / FALSE_ALARMS))
    return float(np.sqrt(limit))


def combine(found, common):
    """One map from the residuals of all scales, and its threshold.

    Each scale is held against its own limit of chance, edges and the places between them apart: what
    edges do now and then costs no sensitivity elsewhere. The finest that sees a defect draws it: a coarser
    blob that is but the blur of what a finer scale holds is kept under the threshold, so that regions stay
    tight. Narrow gaps between the bright and the dark lobe of one defect are closed.

    Parameters
    ----------
    found : list of Residual
        By rising scale.
    common : ndarray of bool, shape (rows, cols)

    Returns
    -------
    raw : ndarray of float32, shape (rows, cols)
        0 or more, in units of spread between the edges at the finest scale.
    raw_threshold : float
    """
    threshold = chance_limit(found[0].values, common & ~found[0].edges)
    raw = np.zeros(common.shape, np.float32)
    for residual in found:
        flat = threshold / chance_limit(residual.values, common & ~residual.edges)
        edges = threshold / chance_limit(residual.values, common & residual.edges) / EDGE_CAUTION
        sizes = np.abs(residual.values) * np.where(residual.edges, edges, flat).astype(np.float32)
        raw = np.maximum(raw, _without_blur(sizes, raw > threshold, threshold))
    raw = cv2.morphologyEx(raw, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (GAP, GAP)))
    return np.where(common, raw, 0).astype(np.float32), threshold


def _without_blur(sizes, known, threshold):
    """Cap those hot parts of `sizes` that finer scales know already."""
    if not known.any():
        return sizes
    count, labels, stats, _ = cv2.connectedComponentsWithStats((sizes > threshold).astype(np.uint8), connectivity=8)
    known = _large_parts(known)
    share = np.bincount(labels[known], minlength=count) / stats[:, cv2.CC_STAT_AREA]
    blur = share >= BLURRED
    blur[0] = False
    return np.where(blur[labels], np.minimum(sizes, np.float32(CAP * threshold)), sizes)


def _large_parts(mask):
    """The parts of a mask that are large enough to be a region."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    large = stats[:, cv2.CC_STAT_AREA] >= SMALLEST
    large[0] = False
    return large[labels]
