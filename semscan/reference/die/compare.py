"""Die to die: compare an image with another of the same place; keep what noise and edge jitter do not explain."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from semscan.errors import BadImageError
from semscan.reference.die.chance_threshold import combine
from semscan.reference.die.drift import follow_drift
from semscan.reference.die.edge_jitter import follow_edges
from semscan.reference.die.register import register
from semscan.reference.die.residual import compare_grey_levels
from semscan.reference.die.tone import match_by_pixel, match_by_rank
from semscan.reference.die.two_level import compare_outlines, two_levels
from semscan.reference.die.warp import Warp
from semscan.robust import median_deviation
from semscan.values import CleanImage

JITTER = 1.5  # px by which an edge may move
MARGIN = 6  # px of the common field that smoothing and moving need
LEAST_COMMON = 1024  # px


@dataclass(frozen=True, slots=True)
class PairComparison:
    """The result of a comparison of two images; all maps have the inspected image's shape (rows, cols).

    `raw` is float32, 0 or more, in units of what noise and edge jitter explain; 0 where not `judged`. Of images of
    two grey levels, it is the distance of outlines in px. `raw_threshold` is the value that chance reaches once in
    some tens of images, at all scales together, or how far outlines of good images lie apart. `judged`
    is bool: the common field of both, less a narrow border. `aligned` is float32, the reference brought
    onto the inspected image in its grey levels, 0 outside the common field. `smallest_px` is the diameter from which
    defects of a contrast of 0.2 are found nine times in ten; None where no size is.
    """

    raw: np.ndarray
    raw_threshold: float
    judged: np.ndarray
    aligned: np.ndarray
    smallest_px: float | None = None


def compare_pair(
    inspected: CleanImage, reference: CleanImage, trusted: np.ndarray | None = None, *, strictness: float = 1.0
) -> PairComparison:
    """Find what differs between two images of the same place on two dies.

    The reference is registered to the inspected image (coarse search, affine, smooth flow), brought to its grey
    levels, and moved once more by up to 1.5 px place by place, since edges of two good dies lie about a
    pixel apart. What then still differs is compared, at four scales, with the noise of its grey level
    and the slope of its edge. Both are measured in the pair itself.

    Parameters
    ----------
    inspected, reference : CleanImage
        Grey levels 0 to 1; sizes may differ. Shifts up to half of the field, rotations up to about 3
        degrees, other contrast, brightness, gamma, and a little blur are matched.
    trusted : ndarray of bool, shape of the reference, optional
        Where the reference is compared; it is registered by all that is judged in it, which is the default.
    strictness : float
        Factor of the threshold.

    Returns
    -------
    PairComparison
        The same for the same input. Images of two grey levels (boards, layouts) have no noise: their outlines are
        compared, see `compare_outlines`.

    Raises
    ------
    BadImageError
        If one of them shows no pattern, or the two have no field in common.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> place = cv2.GaussianBlur(rng.random((120, 120), np.float32), (0, 0), 3)
    >>> place = (place - place.min()) / np.ptp(place)
    >>> image = place[:100, :100] + 0.02 * rng.standard_normal((100, 100), np.float32)
    >>> image[60:65, 40:45] += 0.3
    >>> whole = np.ones((100, 100), bool)
    >>> found = compare_pair(CleanImage(image, whole), CleanImage(place[10:110, 10:110], whole))
    >>> peak = np.unravel_index(found.raw.argmax(), found.raw.shape)
    >>> tuple(int(n) for n in peak), bool(found.raw.max() > found.raw_threshold)
    ((62, 42), True)
    """
    shape = inspected.values.shape
    warp = follow_drift(inspected, reference, register(inspected, reference))
    valid, common = _common_field(inspected, reference.judged if trusted is None else trusted, warp)
    ours = inspected.values
    aligned = match_by_rank(ours, warp.apply(reference.values, shape), common)
    levels = two_levels(ours, common), two_levels(aligned, common)
    if levels[0] is not None and levels[1] is not None:
        found = compare_outlines(levels[0], levels[1], common)
        grey = np.where(common, aligned, 0)
        return PairComparison(found.depth, strictness * found.most, common, grey)
    theirs = np.where(valid, aligned, ours)
    noise = median_deviation((ours - theirs)[common])
    # now that edges lie on each other, pixels can be paired: a better fit of the grey levels
    moved = match_by_pixel(ours, follow_edges(ours, theirs, noise, JITTER), common)
    raw, threshold, smallest_px = combine(compare_grey_levels(ours, moved, valid, common), common, strictness)
    return PairComparison(raw, threshold, common, np.where(valid, aligned, 0), smallest_px)


def _common_field(inspected: CleanImage, trusted: np.ndarray, warp: Warp) -> tuple[np.ndarray, np.ndarray]:
    """Mark where the image is judged and the reference trusted, and the same less a border for smoothing and moving."""
    shape = inspected.values.shape
    theirs = warp.apply(trusted.astype(np.float32), shape) > 0.99
    valid = theirs & inspected.judged
    side = 2 * MARGIN + 1
    common = cv2.erode(valid.astype(np.uint8), np.ones((side, side)), borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0
    if common.sum() < LEAST_COMMON:
        raise BadImageError(
            f"the image and its reference have {int(common.sum())} px in common, wanted at least {LEAST_COMMON}; "
            "give an image of the same place as reference"
        )
    return valid, common
