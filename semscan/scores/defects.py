"""What counts as a defect, as hit, and as a false region.

A true defect is 8-connected and at least `SMALLEST` pixels. It is hit if a pixel of it is hot. A hot region,
8-connected and as large, is false if less than `ON` of it lies on true defects grown by `NEAR` pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from semscan.values import Box

SMALLEST = 4
NEAR = 5
ON = 0.1


@dataclass(frozen=True, slots=True)
class Patch:
    """One true defect, or one hot region. Area in pixels, `peak` the hottest of its map units."""

    box: Box
    area: int
    peak: float


@dataclass(frozen=True, slots=True)
class DetectedRegions:
    """The regions of a map above a level: how many count, and the false ones."""

    regions: int
    false: list[Patch]


def true_defects(truth: np.ndarray, anomaly_map: np.ndarray) -> tuple[list[Patch], np.ndarray]:
    """The true defects of an image, and for each pixel of `truth` one over the area of its defect.

    Parameters
    ----------
    truth : ndarray of bool, shape (rows, cols)
    anomaly_map : ndarray of float32, same shape

    Returns
    -------
    defects : list of Patch
    shares : ndarray of float64, shape (truth.sum(),)
        In the order of ``anomaly_map[truth]``; 0 for pixels of what is too small to count.
    """
    if not truth.any():
        return [], np.zeros(0)
    count, labels, stats, _ = _parts(truth)
    owners = labels[truth]
    peaks = np.zeros(count, np.float32)
    np.maximum.at(peaks, owners, anomaly_map[truth])
    counts = _counting(stats[:, cv2.CC_STAT_AREA])
    shares = np.where(counts, 1 / np.maximum(stats[:, cv2.CC_STAT_AREA], 1), 0)
    return [_patch(stats[n], peaks[n]) for n in np.flatnonzero(counts)], shares[owners]


def near_defects(truth: np.ndarray) -> np.ndarray:
    """Flat indices of the pixels on or near a true defect (of any size)."""
    if not truth.any():
        return np.zeros(0, np.int64)
    side = 2 * NEAR + 1
    return np.flatnonzero(cv2.dilate(truth.astype(np.uint8), np.ones((side, side), np.uint8)))


def count_false(hot: np.ndarray, near: np.ndarray) -> int:
    """How many regions of `hot` (bool) lie on no defect; `near` as from `near_defects`."""
    # boxes and centroids cost ten times as much as the labels, and areas come quicker from the hot pixels
    count, labels = cv2.connectedComponents(hot.view(np.uint8), connectivity=8)
    areas = np.bincount(labels[hot], minlength=count)
    return int(_false(labels, areas, near).sum())


def detected_regions(anomaly_map: np.ndarray, threshold: float, near: np.ndarray) -> DetectedRegions:
    """The regions of a map above `threshold`; see `count_false`."""
    _, labels, stats, _ = _parts(anomaly_map > threshold)
    patches = []
    for number in np.flatnonzero(_false(labels, stats[:, cv2.CC_STAT_AREA], near)):
        patch = _patch(stats[number], 0)
        window = (slice(patch.box.top, patch.box.bottom), slice(patch.box.left, patch.box.right))
        patches.append(replace(patch, peak=float(anomaly_map[window][labels[window] == number].max())))
    return DetectedRegions(int(_counting(stats[:, cv2.CC_STAT_AREA]).sum()), patches)


def _false(labels: np.ndarray, areas: np.ndarray, near: np.ndarray) -> np.ndarray:
    on = np.bincount(labels.ravel()[near], minlength=len(areas))
    return _counting(areas) & (on < ON * areas)


def _parts(mask: np.ndarray):
    return cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)


def _counting(areas: np.ndarray) -> np.ndarray:
    large = areas >= SMALLEST
    large[0] = False  # the background
    return large


def _patch(stats: np.ndarray, peak: float) -> Patch:
    left, top, width, height, area = (int(value) for value in stats)
    return Patch(Box(top, left, top + height, left + width), area, float(peak))
