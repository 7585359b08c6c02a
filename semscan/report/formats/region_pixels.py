"""A record's regions with their pixels: what every exporter starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from semscan.errors import ReportError

DEFECT = "defect"  # the class of a region that nobody classified


@dataclass(frozen=True, slots=True)
class RegionPixels:
    """One region of a record. `inside` is bool, shape (box rows, box cols); None where no mask shows its pixels."""

    region: Mapping[str, Any]
    inside: np.ndarray | None

    @property
    def xywh(self) -> tuple[int, int, int, int]:
        """Its box as x, y, width, height."""
        left, top, width, height = self.region["bbox"]
        return left, top, width, height

    @property
    def class_name(self) -> str:
        """Its class; `DEFECT` if it has none."""
        return self.region.get("class") or DEFECT


def pieces(record: Mapping[str, Any], mask: np.ndarray | None) -> list[RegionPixels]:
    """The regions of one record, with the pixels that its mask shows.

    Parameters
    ----------
    record : mapping
        As `semscan inspect` wrote it.
    mask : ndarray of uint8, shape (rows, cols), or None
        The pixels of all regions. A region that is not in it as the record says (an older or edited mask) is
        taken as its box.

    Raises
    ------
    ReportError
        If the record is damaged.
    """
    _check(record)
    shown = _components(record, mask) if record["regions"] and mask is not None else {}
    return [RegionPixels(region, shown.get((*region["bbox"], region["area_px"]))) for region in record["regions"]]


def _components(record: Mapping[str, Any], mask: np.ndarray) -> dict[tuple[int, ...], np.ndarray]:
    """What is connected in a mask, by x, y, width, height and area."""
    if mask.shape != (record["height"], record["width"]):
        return {}
    _, labels, stats, _ = cv2.connectedComponentsWithStats((mask > 0).astype(np.uint8), connectivity=8)
    found: dict[tuple[int, ...], np.ndarray] = {}
    for number, (left, top, width, height, area) in enumerate(stats.tolist()):
        if number:
            found[left, top, width, height, area] = labels[top : top + height, left : left + width] == number
    return found


def _check(record: Mapping[str, Any]) -> None:
    regions = record.get("regions")
    whole = (
        isinstance(regions, list)
        and all(_is_count(record.get(name)) for name in ("width", "height"))
        and all(isinstance(region, dict) and _is_region(region) for region in regions)
    )
    if not whole:
        raise ReportError(f"{record.get('image')}: its record is damaged; inspect the image again")


def _is_region(region: Mapping[str, Any]) -> bool:
    box, centroid, name = region.get("bbox"), region.get("centroid"), region.get("class")
    return (
        isinstance(box, list)
        and len(box) == 4
        and all(isinstance(value, int) for value in box)
        and min(box[2:]) > 0
        and isinstance(centroid, list)
        and len(centroid) == 2
        and all(isinstance(value, int | float) for value in centroid)
        and all(_is_count(region.get(key)) for key in ("id", "area_px"))
        and isinstance(region.get("peak"), int | float)
        and (name is None or isinstance(name, str))
    )


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and value > 0
