"""How far a defect reaches beyond its regions: which regions are parts of one, and where its middle is.

A defect often exceeds the threshold in a part of it only, and a long one in several. Between and around them the map
still lies well above what chance makes, as the faint rim of an edge does between Canny's two thresholds.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import cv2
import numpy as np

from semscan.regions.find import LabelledRegions
from semscan.regions.measure import axes
from semscan.values import Box, Extent, Region

LOWER = 2 / 3  # of the raw threshold
STRONG = 0.3  # of the largest change: where the image differs this much, the defect is
SMOOTHING = 1.0  # px, of the change
REACH = 4  # px around a box that the smoothing needs
GAPS = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))  # a body may be as bright as the pattern below it


def with_extents(
    found: LabelledRegions, anomaly_map: np.ndarray, threshold: float, change: np.ndarray | None = None
) -> tuple[Region, ...]:
    """Give regions their extent, and name those that are parts of one defect.

    Regions that touch one patch of the map above the lower threshold are one defect. The first of them, which has the
    highest peak, gets the extent of this patch, the others its number as `part_of`. Nuisance has no extent.

    Parameters
    ----------
    found : LabelledRegions
        As from `semscan.regions.find.segment`, by falling peak. Extents that they have are replaced.
    anomaly_map : ndarray of float32, shape (rows, cols)
        From 0 to 1; 0.5 is the calibrated threshold.
    threshold : float
        Above which the regions lie, in map units. The lower one is that of `LOWER` times its raw score, and never
        below that of 0.5.
    change : ndarray of float, shape (rows, cols), optional
        The image less its reference. With it the middle is that of the pixels of strong change, else of all.

    Returns
    -------
    tuple of Region
        In the order given.

    References
    ----------
    J. Canny, "A Computational Approach to Edge Detection", IEEE TPAMI 8(6), 1986, doi:10.1109/TPAMI.1986.4767851.
    """
    counted = [number for number, region in enumerate(found.regions, start=1) if not region.nuisance]
    if not counted:
        return tuple(replace(region, extent=None, part_of=None) for region in found.regions)
    is_counted = np.zeros(len(found.regions) + 1, bool)
    is_counted[counted] = True
    inside = is_counted[found.labels]
    mask = inside | (anomaly_map > _lower(threshold)) & ~_around_nuisance(found.labels, inside)
    count, patches, stats, centroids = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    members: dict[int, list[int]] = defaultdict(list)
    for number in counted:
        members[_patch_of(found, number, patches)].append(number)
    label_of = np.zeros(count, np.int32)
    label_of[list(members)] = np.arange(1, len(members) + 1)
    labels = label_of[patches]
    regions = [replace(region, extent=None, part_of=None) for region in found.regions]
    for label, (patch, numbers) in enumerate(members.items(), start=1):
        left, top, width, height, area = (int(value) for value in stats[patch])
        box = Box(top, left, top + height, left + width)
        strong = None if change is None else _middle_of_change(labels, label, box, change)
        place = strong or (float(centroids[patch][1]), float(centroids[patch][0]))
        extent = Extent(box, area, place, *axes(labels, label, box))
        regions[numbers[0] - 1] = replace(regions[numbers[0] - 1], extent=extent)
        for number in numbers[1:]:
            regions[number - 1] = replace(regions[number - 1], part_of=numbers[0])
    return tuple(regions)


def _lower(threshold: float) -> float:
    # in multiples of the calibrated threshold; from below two thirds of that one, extents would reach into chance
    raw = LOWER * max(threshold / (1 - threshold), 1.0)
    return raw / (1 + raw)


def _around_nuisance(labels: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """Mark nuisance regions and what is nearer to them than to regions that count, bool: their rim is no defect's."""
    nuisance = (labels > 0) & ~counted
    if not nuisance.any():
        return nuisance
    to_nuisance, to_counted = (
        cv2.distanceTransform((~part).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        for part in (nuisance, counted)
    )
    return np.asarray(to_nuisance < to_counted)


def _patch_of(found: LabelledRegions, number: int, patches: np.ndarray) -> int:
    box = found.regions[number - 1].box
    window = slice(box.top, box.bottom), slice(box.left, box.right)
    return int(patches[window].flat[int((found.labels[window] == number).argmax())])


def _middle_of_change(labels: np.ndarray, label: int, box: Box, change: np.ndarray) -> tuple[float, float] | None:
    """Return the centroid of the pixels of strong change, row and column; None if nothing changed."""
    top, left = max(0, box.top - REACH), max(0, box.left - REACH)
    window = slice(top, box.bottom + REACH), slice(left, box.right + REACH)
    inside = labels[window] == label
    smooth = np.abs(cv2.GaussianBlur(change[window].astype(np.float32), (0, 0), SMOOTHING))
    strong = inside & (smooth > STRONG * smooth[inside].max())
    if not strong.any():
        return None
    framed = np.pad(strong.astype(np.uint8), REACH)
    rows, cols = np.nonzero(cv2.morphologyEx(framed, cv2.MORPH_CLOSE, GAPS)[REACH:-REACH, REACH:-REACH])
    return top + float(rows.mean()), left + float(cols.mean())
