"""Combine the residuals of all scales into one map, with the threshold that chance rarely exceeds.

Two aligned images give a residual in units of its own spread, whose peaks of pure chance are those of a nearly
Gaussian field: for these the form of the tail is known, and only its scale has to be estimated. Flat areas and edges
are estimated separately and have arbitrary outlines, so that they cannot be divided into equal blocks. Hence
exceedances of single peaks here. Two other modules continue a distribution in other ways, for other data:

- `semscan.maps.fit_threshold`: mean excess over a high level, for raw scores of many held-out good images, whose
  distribution is unknown.
- `semscan.reference.cell.chance_threshold`: Gumbel's law for maxima of equal blocks, for one periodic image.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from semscan.reference.die.residual import SURROUNDINGS, Residual
from semscan.reference.visible_size import ScaleLimit, smallest_visible

FALSE_ALARMS = 0.003  # chance peaks above the threshold, per image, scale and kind of area (flat or edges)
TAIL = 0.9
GAUSSIAN_PEAKS = 20  # peaks of a Gaussian field that are added to those of the image
FEWEST = 12
EDGE_FACTOR = 1.1  # roughness comes in bulges: its tail is longer than its bulk shows
RING = 21  # px
GAP = 11  # px: lobes of one defect that are closer than this are joined
SMALLEST = 4
BLURRED = 0.3
FAINTEST = 0.5  # of the threshold: the blur of a defect is removed down to this


def chance_threshold(values: np.ndarray, where: np.ndarray) -> float:
    """Estimate the height that peaks of pure chance reach once in some hundred images of this size.

    The image's own peaks are the independent tests. Above their 90 % quantile u, peaks z of a Gaussian-like
    field have ``z^2 - u^2`` exponentially distributed. The scale of that distribution is estimated from the median
    of the image's own peaks (with a few Gaussian ones added), so that single defects do not raise it, and a tail
    longer than Gaussian does. Peaks above the threshold are excluded together with their surroundings, and the
    threshold is estimated again. It is never below that of as many independent Gaussian numbers.

    Parameters
    ----------
    values : ndarray of float32, shape (rows, cols)
        Residual in units of its spread.
    where : ndarray of bool, shape (rows, cols)
        The pixels that count.

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
    threshold = _tail_threshold(sizes, where)
    defects = cv2.dilate((sizes > threshold).astype(np.uint8), np.ones((RING, RING), np.uint8)) > 0
    return _tail_threshold(sizes, where & ~defects) if defects.any() else threshold


def _tail_threshold(sizes: np.ndarray, where: np.ndarray) -> float:
    """Continue the tail of the peaks within `where` to the wanted rate."""
    top = (sizes >= cv2.dilate(sizes, np.ones((5, 5), np.uint8))) & where & (sizes > 0)
    squares = np.sort(sizes[top].astype(np.float64)) ** 2
    count = max(squares.size, FEWEST)
    # of independent Gaussian numbers: exp(-z^2 / 2) of them exceed z
    threshold = 2 * np.log(count / FALSE_ALARMS)
    above = squares[int(TAIL * squares.size) :]
    if above.size >= FEWEST:
        # the median of an exponential distribution is log(2) times its scale; that of Gaussian peaks is 2
        scale = (np.median(above) - above[0]) / np.log(2)
        scale = (above.size * scale + GAUSSIAN_PEAKS * 2) / (above.size + GAUSSIAN_PEAKS)
        threshold = max(threshold, above[0] + scale * np.log(above.size / FALSE_ALARMS))
    return float(np.sqrt(threshold))


def combine(
    found: Sequence[Residual], common: np.ndarray, strictness: float = 1.0
) -> tuple[np.ndarray, float, float | None]:
    """Combine the residuals of all scales into one map, and return its threshold.

    Each scale is divided by its own chance threshold, edges and the areas between them separately: what
    edges sometimes show costs no sensitivity elsewhere. The finest scale that shows a defect outlines it. A coarser
    blob that is only the blur of a finer one is left out, so that regions stay tight. Narrow gaps between the bright
    and the dark lobe of one defect are closed.

    Parameters
    ----------
    found : sequence of Residual
        By rising scale.
    common : ndarray of bool, shape (rows, cols)
        Where both images are judged, less a border.
    strictness : float
        Factor of all thresholds.

    Returns
    -------
    raw : ndarray of float32, shape (rows, cols)
        0 or more, in units of spread between the edges at the finest scale.
    raw_threshold : float
    smallest_px : float or None
        Diameter from which defects of a contrast of 0.2 are found nine times in ten, edges included; None where no
        size is.
    """
    limits = []
    threshold = strictness * chance_threshold(found[0].values, common & ~found[0].edges)
    raw = np.zeros(common.shape, np.float32)
    for residual in found:
        at_flat = strictness * chance_threshold(residual.values, common & ~residual.edges)
        at_edges = strictness * EDGE_FACTOR * chance_threshold(residual.values, common & residual.edges)
        limits.append(ScaleLimit(residual.scale, residual.spread, max(at_flat, at_edges), SURROUNDINGS))
        flat, edges = threshold / at_flat, threshold / at_edges
        sizes = np.abs(residual.values) * np.where(residual.edges, edges, flat).astype(np.float32)
        sizes = _without_blur(sizes, raw > threshold, threshold)
        raw = np.maximum(raw, _of_its_scale(sizes, residual.scale, threshold) if len(limits) > 1 else sizes)
    raw = cv2.morphologyEx(raw, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (GAP, GAP)))
    return np.where(common, raw, 0).astype(np.float32), threshold, smallest_visible(limits)


def _without_blur(sizes: np.ndarray, finer: np.ndarray, threshold: float) -> np.ndarray:
    """Remove those regions of `sizes` that largely overlap with what finer scales have detected (bool).

    The faint rim around them goes too, so that regions stay tight at a lower threshold.
    """
    if not finer.any():
        return sizes
    above = sizes > threshold
    count, labels, stats, _ = cv2.connectedComponentsWithStats(above.astype(np.uint8), connectivity=8)
    finer = _large_components(finer)
    share = np.bincount(labels[finer], minlength=count) / stats[:, cv2.CC_STAT_AREA]
    blur = share >= BLURRED
    blur[0] = False
    if not blur.any():
        return sizes
    _, wide = cv2.connectedComponents((sizes > FAINTEST * threshold).astype(np.uint8), connectivity=8)
    is_wide = np.zeros(wide.max() + 1, bool)
    is_wide[wide[blur[labels]]] = True
    return np.where(blur[labels] | (is_wide[wide] & ~above), 0, sizes)


def _of_its_scale(sizes: np.ndarray, scale: float, threshold: float) -> np.ndarray:
    """Widen the tips above the threshold that are too small for a region to the extent of their scale.

    What stands out after smoothing over `scale` is a defect of about that extent, however little of it exceeds.
    """
    above = sizes > threshold
    tips = np.where(above & ~_large_components(above), sizes, 0)
    if not tips.any():
        return sizes
    side = 2 * round(scale) + 1
    return np.maximum(sizes, cv2.dilate(tips, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))))


def _large_components(mask: np.ndarray) -> np.ndarray:
    """Keep those components of a mask that are large enough to be a region."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    large = stats[:, cv2.CC_STAT_AREA] >= SMALLEST
    large[0] = False
    return large[labels]
