"""The regions of a record with their pixels: what every report format starts from."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from semscan.errors import ReportError
from semscan.values.record import Record, RegionRecord

DEFECT = "defect"  # the class of a region that nobody classified


@dataclass(frozen=True, slots=True)
class RegionPixels:
    """One region of a record. `inside` is bool, shape (box rows, box cols); None where no mask shows its pixels."""

    region: RegionRecord
    inside: np.ndarray | None

    @property
    def class_name(self) -> str:
        """The class; `DEFECT` without one."""
        return self.region.class_name or DEFECT


def region_pixels(record: Record, mask: np.ndarray | None) -> list[RegionPixels]:
    """Return the regions of one record, with the pixels that its mask shows.

    Parameters
    ----------
    record : Record
        Of the image.
    mask : ndarray of uint8, shape (rows, cols), or None
        The pixels of all regions. A region that the mask shows otherwise than the record (an older or edited mask)
        gets no pixels.

    Raises
    ------
    ReportError
        If the record is damaged.
    """
    check_whole(record)
    if record.unlike_training:
        return []
    shown = _components(record, mask) if record.regions and mask is not None else {}
    return [RegionPixels(region, shown.get((*region.bbox, region.area_px))) for region in record.regions]


def check_whole(record: Record) -> None:
    """Raise ReportError unless the record has the size of its image, and number, place and size of every region."""
    counted = all(region.id > 0 and region.area_px > 0 for region in record.regions)
    if not (record.whole and counted and record.width > 0 and record.height > 0):
        raise ReportError(f"{record.image}: its record is damaged; inspect the image again")


def _components(record: Record, mask: np.ndarray) -> dict[tuple[int, ...], np.ndarray]:
    """Return what is connected in a mask, by x, y, width, height and area."""
    if mask.shape != (record.height, record.width):
        return {}
    _, labels, stats, _ = cv2.connectedComponentsWithStats((mask > 0).astype(np.uint8), connectivity=8)
    found: dict[tuple[int, ...], np.ndarray] = {}
    for number, (left, top, width, height, area) in enumerate(stats.tolist()):
        if number:
            found[left, top, width, height, area] = labels[top : top + height, left : left + width] == number
    return found
