"""Regions as rows of a table, with units in the names of the columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

REGION_COLUMNS = (
    *("image", "id", "class", "class_probability", "nuisance", "peak", "mean"),
    *("x_px", "y_px", "width_px", "height_px", "centroid_x_px", "centroid_y_px", "area_px", "equivalent_diameter_px"),
    *("feret_max_px", "feret_min_px", "perimeter_px", "orientation_deg", "neighbour_distance_px"),
    *("mean_grey", "contrast", "nm_per_pixel", "x_nm", "y_nm", "width_nm", "height_nm", "centroid_x_nm"),
    *("centroid_y_nm", "area_nm2", "equivalent_diameter_nm", "feret_max_nm", "feret_min_nm", "perimeter_nm"),
    *("neighbour_distance_nm", "witnesses", "description"),
)
BOX = ("x", "y", "width", "height")


def region_rows(records: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """One mapping for each region of each inspected image, with the keys of `REGION_COLUMNS`."""
    for record in records:
        for region in record.get("regions", ()):
            row = {**region, "image": record["image"], "nm_per_pixel": record.get("nm_per_pixel")}
            for unit, box, centroid in (("px", "bbox", "centroid"), ("nm", "bbox_nm", "centroid_nm")):
                row |= _named([f"{name}_{unit}" for name in BOX], region.get(box))
                row |= _named([f"centroid_x_{unit}", f"centroid_y_{unit}"], region.get(centroid))
            yield row


def _named(names: list[str], values: Any) -> dict[str, Any]:
    return dict(zip(names, values, strict=True)) if isinstance(values, list) and len(values) == len(names) else {}
