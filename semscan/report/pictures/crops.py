"""Each region by itself, with some context around it."""

from __future__ import annotations

import cv2
import numpy as np

from semscan.report.pictures import colours, legend
from semscan.values import Box, CleanImage
from semscan.values.record import RegionRecord

LEAST_CONTEXT = 24  # pixels around a region, on each side
SMALLEST_CROP = 256  # smaller crops are enlarged to about this
TYPE = 14  # height of the scale bar's type
DIMMED = 0.35  # share of the brightness kept where attention is 0


def draw_crop(image: CleanImage, anomaly_map: np.ndarray, region: RegionRecord) -> np.ndarray:
    """Draw one region with context: left as it is, right enhanced by the map's attention.

    Contrast is stretched over the crop. On the right, grey fades where the map is low. To measure, cut the image
    itself by the region's box. When the image is calibrated a scale bar stands below.

    Parameters
    ----------
    image : CleanImage
        The whole image.
    anomaly_map : ndarray of float32, shape (rows, cols)
        Its calibrated map, 0 to 1.
    region : RegionRecord
        One of its regions.

    Returns
    -------
    ndarray of uint8, shape (crop rows and those of the scale bar, twice the crop columns and a rule, 3)
        BGR.
    """
    box = crop_box(region.box, anomaly_map.shape)
    window = (slice(box.top, box.bottom), slice(box.left, box.right))
    values = image.values[window]
    attention = anomaly_map[window]
    plain = stretched(values)
    weight = cv2.GaussianBlur(attention, (0, 0), 2) / max(region.peak, 1e-3)  # soft, so that no edge is invented
    enhanced = plain * (DIMMED + (1 - DIMMED) * np.clip(weight, 0, 1))
    zoom = max(1, round(SMALLEST_CROP / max(plain.shape)))
    left, right = (
        cv2.resize(colours.to_grey(side), None, fx=zoom, fy=zoom, interpolation=cv2.INTER_NEAREST)
        for side in (plain, enhanced)
    )
    rule = np.full((left.shape[0], max(2, left.shape[1] // 128)), 255, np.uint8)
    drawn = cv2.cvtColor(np.hstack([left, rule, right]), cv2.COLOR_GRAY2BGR)
    return drawn if image.nm_per_pixel is None else np.vstack([drawn, _scale(drawn, image.nm_per_pixel / zoom)])


def stretched(values: np.ndarray) -> np.ndarray:
    """Stretch values so that all but the last half percent at each end fill 0 to 1; float32."""
    dark, bright = grey_ends(values)
    return np.clip((values - dark) / (bright - dark), 0, 1).astype(np.float32)


def grey_ends(values: np.ndarray) -> tuple[float, float]:
    """Return the values between which all but the last half percent at each end lie, at least 0.001 apart."""
    dark, bright = np.percentile(values, (0.5, 99.5))
    return float(dark), float(max(bright, dark + 1e-3))


def _scale(drawn: np.ndarray, nm_per_pixel: float) -> np.ndarray:
    """Draw a strip with a scale bar, as wide as the crop."""
    strip = np.full((round(1.8 * TYPE), drawn.shape[1], 3), colours.PAPER, np.uint8)
    legend.draw_scale(strip, nm_per_pixel, TYPE)
    return strip


def crop_box(box: Box, shape: tuple[int, ...]) -> Box:
    """Return a region's box with its surroundings, within an image of this shape."""
    around = max(LEAST_CONTEXT, (box.bottom - box.top) // 2, (box.right - box.left) // 2)
    return Box(
        max(0, box.top - around),
        max(0, box.left - around),
        min(shape[0], box.bottom + around),
        min(shape[1], box.right + around),
    )
