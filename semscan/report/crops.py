"""Each region alone, with the context an eye needs."""

from __future__ import annotations

import cv2
import numpy as np

from semscan.report import colours
from semscan.values import Box, CleanImage, Region

LEAST_CONTEXT = 24  # pixels around a region, on each side
SMALLEST_CROP = 256  # smaller crops are enlarged to about this
DIMMED = 0.35  # brightness kept where attention sees nothing


def draw_crop(image: CleanImage, heat: np.ndarray, region: Region) -> np.ndarray:
    """Draw one region with context: left as it is, right enhanced by the map's attention.

    Contrast is stretched over the crop; on the right, grey fades where the map is cool, so
    that what the network looked at stands out.

    Parameters
    ----------
    image : CleanImage
        The whole image.
    heat : ndarray of float32, shape (rows, cols)
        Its calibrated map, 0 to 1.
    region : Region
        One of its regions.

    Returns
    -------
    ndarray of uint8, shape (crop rows, twice the crop columns and a rule, 3)
        BGR.
    """
    box = _with_context(region.box, heat.shape)
    window = (slice(box.top, box.bottom), slice(box.left, box.right))
    values, attention = image.values[window], heat[window]
    dark, bright = np.percentile(values, (0.5, 99.5))
    plain = np.clip((values - dark) / max(bright - dark, 1e-3), 0, 1).astype(np.float32)
    seen = cv2.GaussianBlur(attention, (0, 0), 2) / max(region.peak, 1e-3)
    enhanced = plain * (DIMMED + (1 - DIMMED) * np.clip(seen, 0, 1))
    zoom = max(1, round(SMALLEST_CROP / max(plain.shape)))
    left, right = (
        cv2.resize(colours.to_grey(side), None, fx=zoom, fy=zoom, interpolation=cv2.INTER_NEAREST)
        for side in (plain, enhanced)
    )
    rule = np.full((left.shape[0], max(2, left.shape[1] // 128)), 255, np.uint8)
    return cv2.cvtColor(np.hstack([left, rule, right]), cv2.COLOR_GRAY2BGR)


def _with_context(box: Box, shape: tuple[int, ...]) -> Box:
    around = max(LEAST_CONTEXT, (box.bottom - box.top) // 2, (box.right - box.left) // 2)
    return Box(
        max(0, box.top - around),
        max(0, box.left - around),
        min(shape[0], box.bottom + around),
        min(shape[1], box.right + around),
    )
