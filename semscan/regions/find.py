"""Group the pixels of an anomaly map that exceed a threshold into regions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from semscan.errors import BadMapError
from semscan.settings import RegionSettings
from semscan.values import Box, Region


@dataclass(frozen=True, slots=True)
class LabelledRegions:
    """The regions of a map by falling peak, and the label image that holds their pixels.

    `labels` is int32, shape (rows, cols): n at the pixels of ``regions[n - 1]``, 0 elsewhere.
    """

    regions: Sequence[Region]
    labels: np.ndarray

    @property
    def mask(self) -> np.ndarray:
        """The pixels of all regions, uint8 0 or 255, shape (rows, cols)."""
        return (self.labels > 0).view(np.uint8) * np.uint8(255)


def no_regions(shape: tuple[int, ...]) -> LabelledRegions:
    """Return the regions of a map of `shape` (rows, cols) in which nothing was detected."""
    return LabelledRegions([], np.zeros(shape, np.int32))


def segment(anomaly_map: np.ndarray, settings: RegionSettings, judged: np.ndarray | None = None) -> LabelledRegions:
    """Group the pixels above the threshold into regions, and label their pixels.

    A region is made of pixels above `threshold` that touch (8 neighbours) and is at least
    `min_area` pixels large. With `low`, it is made of pixels above `low` of which at least
    one is above `threshold`: the faint rim of a real defect stays, faint noise goes.
    With `closing`, gaps up to twice that radius are filled first.

    Parameters
    ----------
    anomaly_map : ndarray of float, shape (rows, cols)
        Defect likelihood, 0 (normal) to 1 (defect).
    settings : RegionSettings
        Thresholds in map units, sizes in pixels.
    judged : ndarray of bool, shape (rows, cols), optional
        The pixels that may belong to a region; the map is 0 at the others.

    Returns
    -------
    LabelledRegions
        Regions by falling peak (then from the top), and their label image.

    Raises
    ------
    BadMapError
        If `anomaly_map` has not 2 axes or holds NaN.

    References
    ----------
    J. Canny, "A Computational Approach to Edge Detection", IEEE TPAMI 8(6), 1986,
    doi:10.1109/TPAMI.1986.4767851 (the two thresholds).
    """
    anomaly_map = _checked(anomaly_map)
    low = settings.threshold if settings.low is None else settings.low
    mask = (anomaly_map > low).astype(np.uint8)
    if settings.closing:
        mask = _closed(mask, settings.closing)
        if judged is not None:
            mask &= judged
    if not mask.any():
        return no_regions(mask.shape)
    count, components, stats, centroids = cv2.connectedComponentsWithStats(mask, connectivity=8)
    peaks, means = _peaks_and_means(anomaly_map, components, count)
    reported = (stats[:, cv2.CC_STAT_AREA] >= settings.min_area) & (peaks > np.float32(settings.threshold))
    reported[0] = False  # the background
    kept = np.flatnonzero(reported)
    kept = kept[np.argsort(-peaks[kept], kind="stable")]
    regions = [_region(stats[i], centroids[i], peaks[i], means[i]) for i in kept]
    label_of = np.zeros(count, np.int32)
    label_of[kept] = np.arange(1, len(kept) + 1)
    return LabelledRegions(regions, label_of[components])


def find_regions(anomaly_map: np.ndarray, settings: RegionSettings) -> list[Region]:
    """Find the regions of a map, by falling peak; see `segment`.

    Examples
    --------
    >>> anomaly_map = np.zeros((8, 8)); anomaly_map[2:5, 2:5] = 0.6; anomaly_map[3, 3] = 0.9
    >>> [region.area for region in find_regions(anomaly_map, RegionSettings(threshold=0.8, low=0.5))]
    [9]
    """
    return list(segment(anomaly_map, settings).regions)


def region_mask(anomaly_map: np.ndarray, settings: RegionSettings) -> np.ndarray:
    """Mark the pixels of all regions of a map, uint8 0 or 255, of its shape; see `segment`."""
    return segment(anomaly_map, settings).mask


def image_score(anomaly_map: np.ndarray, regions: Sequence[Region], threshold: float) -> float:
    """Score an image: above the threshold exactly when it has a region that is not a nuisance.

    The score is the highest peak of these regions. Without one it is the largest value of
    the map, capped at the threshold.
    """
    return score_of(_checked(anomaly_map).max(initial=0), regions, threshold)


def score_of(largest: np.floating, regions: Sequence[Region], threshold: float) -> float:
    """Score an image by the largest value of its map and its regions; see `image_score`."""
    peaks = [region.peak for region in regions if not region.nuisance]
    return max(peaks) if peaks else min(shortest(largest), threshold)


def _checked(anomaly_map: np.ndarray) -> np.ndarray:
    anomaly_map = np.asarray(anomaly_map, np.float32)
    if anomaly_map.ndim != 2:
        raise BadMapError(
            f"a map must have 2 axes (rows, cols), got shape {anomaly_map.shape}; take one map from the batch first"
        )
    if np.isnan(anomaly_map.max(initial=0)):  # a maximum carries any NaN along
        raise BadMapError("the map holds NaN; write 0 where nothing was judged")
    return anomaly_map


def _closed(mask: np.ndarray, radius: int) -> np.ndarray:
    """Close a mask (uint8, 0 or 1) by a disc, through distances: as fast for a radius of 500 as for 5."""
    if not mask.any():
        return mask
    framed = np.pad(mask, radius + 1)  # the frame is background: regions must not grow towards the border
    grown = (_distance_to_zero(1 - framed) <= radius).astype(np.uint8)
    closed = _distance_to_zero(grown) > radius
    return np.ascontiguousarray(closed[radius + 1 : -radius - 1, radius + 1 : -radius - 1]).astype(np.uint8)


def _distance_to_zero(mask: np.ndarray) -> np.ndarray:
    return cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def _peaks_and_means(anomaly_map: np.ndarray, components: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest and the mean value of each component, from its pixels alone: they are few."""
    inside = np.flatnonzero(components)
    values = anomaly_map.ravel()[inside]
    owners = components.ravel()[inside]
    peaks = np.zeros(count, np.float32)
    np.maximum.at(peaks, owners, values)
    sums = np.bincount(owners, weights=values, minlength=count)
    return peaks, sums / np.maximum(np.bincount(owners, minlength=count), 1)


def _region(stats: np.ndarray, centroid: np.ndarray, peak: np.floating, mean: np.floating) -> Region:
    left, top, width, height, area = (int(value) for value in stats)
    return Region(
        box=Box(top, left, top + height, left + width),
        area=area,
        peak=shortest(peak),
        mean=shortest(mean),
        centroid=(float(centroid[1]), float(centroid[0])),
    )


def shortest(value: np.floating) -> float:
    """Return the shortest decimal that still is this float32: 0.83, not 0.8299999833106995.

    Order is kept, so ``peak > threshold`` in a record is what it was in the map.
    """
    return float(str(np.float32(value)))
