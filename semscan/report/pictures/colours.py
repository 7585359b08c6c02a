"""One colour scale for every map of every image, and the few other colours of the pictures. All BGR.

The scale of maps is matplotlib's "plasma" as OpenCV has it: even steps for the eye, rising lightness, readable with any
colour vision. Outlines are cyan with a dark rim: the one hue far from grey and from every colour of the scale. A
nuisance is outlined in green, and labelled as such.
"""

from __future__ import annotations

import cv2
import numpy as np

# map values below COOL are not painted; from WARM on they are painted in full
COOL = 0.25
WARM = 0.6
STRONGEST = 0.5  # ... which still shows half of the image below
OUTLINE = (255, 240, 60)
NUISANCE = (90, 235, 110)
DARK = (0, 0, 0)
PAPER = (26, 26, 26)
INK = (235, 235, 235)
DEFECT = (60, 160, 255)
FINE = (200, 200, 120)
UNLIKE = (80, 220, 255)


def scale_colours() -> tuple[np.ndarray, np.ndarray]:
    """Return colour times opacity, (256, 1, 3) uint8, and transparency, (256,) uint8, of map values k / 255."""
    levels = np.arange(256, dtype=np.uint8)
    opacity = STRONGEST * np.clip((levels / 255 - COOL) / (WARM - COOL), 0, 1)
    colours = cv2.applyColorMap(levels[:, np.newaxis], cv2.COLORMAP_PLASMA)
    painted = np.rint(colours * opacity[:, np.newaxis, np.newaxis]).astype(np.uint8)
    return painted, np.rint(255 * (1 - opacity)).astype(np.uint8)


def paint(grey: np.ndarray, anomaly_map: np.ndarray) -> np.ndarray:
    """Lay an anomaly map over a grey picture; where the map is below `COOL` the picture stays as it was.

    Parameters
    ----------
    grey : ndarray of uint8, shape (rows, cols)
    anomaly_map : ndarray of float32, shape (rows, cols)
        0 to 1.

    Returns
    -------
    ndarray of uint8, shape (rows, cols, 3)
        BGR.
    """
    painted, transparency = scale_colours()
    steps = cv2.convertScaleAbs(anomaly_map, alpha=255)
    if float(anomaly_map.max()) <= COOL:
        return cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    below = cv2.multiply(grey, cv2.LUT(steps, transparency), scale=1 / 255)
    return cv2.add(cv2.cvtColor(below, cv2.COLOR_GRAY2BGR), cv2.applyColorMap(steps, painted))


def layer(anomaly_map: np.ndarray) -> np.ndarray:
    """Return an anomaly map, float32 (rows, cols), as a picture to lie over the image: uint8 (rows, cols, 4), BGRA.

    Over a grey picture it looks as `paint` draws it.
    """
    steps = cv2.convertScaleAbs(anomaly_map, alpha=255)
    opacity = np.uint8(255) - scale_colours()[1]
    return np.dstack([cv2.applyColorMap(steps, cv2.COLORMAP_PLASMA), cv2.LUT(steps, opacity)])


def in_full(anomaly_map: np.ndarray) -> np.ndarray:
    """Return an anomaly map, float32 (rows, cols), in the colours of the scale alone: uint8 (rows, cols, 3), BGR."""
    return cv2.applyColorMap(cv2.convertScaleAbs(anomaly_map, alpha=255), cv2.COLORMAP_PLASMA)


def to_grey(values: np.ndarray) -> np.ndarray:
    """Return values 0 (black) to 1 (white) as uint8; values outside are clipped."""
    return cv2.convertScaleAbs(np.maximum(values, 0), alpha=255)
