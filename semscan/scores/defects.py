"""Define what counts as a defect, as a hit, and as a false region.

A true defect is 8-connected and at least `SMALLEST` pixels large. It is hit if the map exceeds the threshold in one
of its pixels. A region above the threshold, 8-connected and as large, is false if less than `ON` of it lies on true
defects grown by `NEAR` pixels.
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
class Component:
    """One connected component: a true defect, or a region above the threshold.

    `area` is in pixels, `peak` is the largest value of the map in it.
    """

    box: Box
    area: int
    peak: float


@dataclass(frozen=True, slots=True)
class DetectedRegions:
    """The regions of a map above a threshold: how many are large enough, and which of them are false."""

    count: int
    false_regions: list[Component]


def true_defects(truth: np.ndarray, anomaly_map: np.ndarray) -> tuple[list[Component], np.ndarray]:
    """Find the true defects of an image, and for each pixel of `truth` one over the area of its defect.

    Parameters
    ----------
    truth : ndarray of bool, shape (rows, cols)
    anomaly_map : ndarray of float32, same shape

    Returns
    -------
    defects : list of Component
    shares : ndarray of float64, shape (truth.sum(),)
        In the order of ``anomaly_map[truth]``; 0 for pixels of a component that is too small.
    """
    if not truth.any():
        return [], np.zeros(0)
    count, labels, stats = _components(truth)
    owners = labels[truth]
    peaks = np.zeros(count, np.float32)
    np.maximum.at(peaks, owners, anomaly_map[truth])
    areas = stats[:, cv2.CC_STAT_AREA]
    large = _large_enough(areas)
    shares = np.where(large, 1 / np.maximum(areas, 1), 0)
    return [_component(stats[n], peaks[n]) for n in np.flatnonzero(large)], shares[owners]


def near_defects(truth: np.ndarray) -> np.ndarray:
    """Return the flat indices of the pixels on or near a true defect (of any size)."""
    if not truth.any():
        return np.zeros(0, np.int64)
    side = 2 * NEAR + 1
    return np.flatnonzero(cv2.dilate(truth.astype(np.uint8), np.ones((side, side), np.uint8)))


def count_false(above: np.ndarray, near: np.ndarray) -> int:
    """Count the regions of `above` (bool) that lie on no defect; `near` as from `near_defects`."""
    # boxes and centroids cost ten times as much as the labels, and areas come quicker from the pixels themselves
    count, labels = cv2.connectedComponents(above.view(np.uint8), connectivity=8)
    areas = np.bincount(labels[above], minlength=count)
    return int(_false(labels, areas, near).sum())


def detected_regions(anomaly_map: np.ndarray, threshold: float, near: np.ndarray) -> DetectedRegions:
    """Find the regions of a map above `threshold`; see `count_false`."""
    _, labels, stats = _components(anomaly_map > threshold)
    areas = stats[:, cv2.CC_STAT_AREA]
    false_regions = []
    for label in np.flatnonzero(_false(labels, areas, near)):
        region = _component(stats[label], 0)
        window = (slice(region.box.top, region.box.bottom), slice(region.box.left, region.box.right))
        peak = float(anomaly_map[window][labels[window] == label].max())
        false_regions.append(replace(region, peak=peak))
    return DetectedRegions(int(_large_enough(areas).sum()), false_regions)


def _false(labels: np.ndarray, areas: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Decide for each component whether it is false, bool (components,)."""
    on_defects = np.bincount(labels.ravel()[near], minlength=len(areas))
    return _large_enough(areas) & (on_defects < ON * areas)


def _components(mask: np.ndarray) -> tuple[int, np.ndarray, np.ndarray]:
    """Label a mask: number of components with the background, label image, OpenCV's statistics of each."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    return count, labels, stats


def _large_enough(areas: np.ndarray) -> np.ndarray:
    large = areas >= SMALLEST
    large[0] = False  # the background
    return large


def _component(stats: np.ndarray, peak: float) -> Component:
    left, top, width, height, area = (int(value) for value in stats)
    return Component(Box(top, left, top + height, left + width), area, float(peak))
