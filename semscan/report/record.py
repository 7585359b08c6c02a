"""An inspection as the JSON record that scripts read."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from semscan.phrases import one_line
from semscan.report.region_entry import describe, in_nm, in_pixels
from semscan.values import Inspection, Periodic, Region
from semscan.version import __version__

NO_THRESHOLD = "this model was trained without good images: it tells classes apart but has no threshold for defects"


def to_record(inspection: Inspection, outputs: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """The record of one inspected image.

    Parameters
    ----------
    inspection : Inspection
        What was found.
    outputs : mapping of str to path or list of paths
        What was written, by kind: overlay, mask, map, crops.
    seconds : float
        Wall time spent on the image.

    Returns
    -------
    dict
        Plain values only, keys in the order of the contract. ``class`` and
        ``class_probabilities`` are there only when the model knows classes.
    """
    record: dict[str, Any] = {
        "image": inspection.image,
        "source": inspection.source,
        "status": "ok",
        "score": finite(inspection.score),
        "raw_score": finite(inspection.raw_score),
        "defect": inspection.defect,
        "threshold": inspection.threshold,
        "width": inspection.width,
        "height": inspection.height,
        "judged_fraction": round(inspection.judged_fraction, 6),
        "nm_per_pixel": finite(inspection.nm_per_pixel),
        **_reading(inspection),
        "page": inspection.page,
        "method": list(inspection.method),
        "model": inspection.model,
    }
    if inspection.class_probabilities is not None:
        record["class"] = inspection.class_name
        record["class_probabilities"] = {
            name: round(probability, 6) for name, probability in inspection.class_probabilities.items()
        }
    record["regions"] = [_region_entry(n, region, inspection) for n, region in enumerate(inspection.regions, start=1)]
    record["periodic"] = periodic_entry(inspection.periodic, inspection.nm_per_pixel)
    record["outputs"] = dict(outputs)
    record["warnings"] = list(inspection.warnings)
    record["seconds"] = round(seconds, 3)
    return record


def map_description(inspection: Inspection, about: Mapping[str, Any], read: Mapping[str, Any]) -> dict[str, Any]:
    """What a saved map says of itself: enough to find its image again and to judge the map anew.

    `about` is what the method says of itself, `read` the settings the image was read with.
    """
    return {
        "semscan_version": __version__,
        "image": inspection.image,
        "source": inspection.source,
        "width": inspection.width,
        "height": inspection.height,
        "judged_fraction": round(inspection.judged_fraction, 6),
        "nm_per_pixel": finite(inspection.nm_per_pixel),
        **_reading(inspection),
        "method": list(inspection.method),
        "model": about.get("model"),
        "fingerprint": about.get("fingerprint"),
        "calibration": about.get("calibration"),
        "raw_score": finite(inspection.raw_score),
        "threshold": inspection.threshold,
        "class": inspection.class_name,
        "class_probabilities": dict(inspection.class_probabilities) if inspection.class_probabilities else None,
        "periodic": periodic_entry(inspection.periodic, inspection.nm_per_pixel),
        "read": dict(read),
    }


def _reading(inspection: Inspection) -> dict[str, Any]:
    """How the file was understood."""
    return {
        "nm_per_pixel_source": inspection.nm_per_pixel_source,
        "vendor": inspection.vendor,
        "data_bar_px": inspection.data_bar_px,
        "data_bar_source": inspection.data_bar_source,
        "ignored_fraction": round(inspection.ignored_fraction, 6),
    }


def error_record(image: str, source: str, error: str, periodic: Periodic | None = None) -> dict[str, Any]:
    """The record of an image that could not be inspected; `error` becomes one line."""
    record = {"image": image, "source": source, "status": "error", "error": one_line(error)}
    return {**record, "periodic": periodic_entry(periodic, None)}


def periodic_entry(periodic: Periodic | None, nm_per_pixel: float | None) -> dict[str, Any] | None:
    """How an image repeats, as a record says it; None where nobody asked.

    Examples
    --------
    >>> periodic_entry(Periodic(True, 0.93, (31.8,), (0.4,)), 2.0)
    {'found': True, 'confidence': 0.93, 'pitch_px': [31.8], 'angle_deg': [0.4], 'pitch_nm': [63.6]}
    """
    if periodic is None:
        return None
    entry: dict[str, Any] = {
        "found": periodic.found,
        "confidence": round(periodic.confidence, 3),
        "pitch_px": [round(pitch, 3) for pitch in periodic.pitch_px],
        "angle_deg": [round(angle, 3) for angle in periodic.angle_deg],
    }
    if nm_per_pixel is not None and math.isfinite(nm_per_pixel):
        entry["pitch_nm"] = [round(pitch * nm_per_pixel, 3) for pitch in periodic.pitch_px]
    return entry


def score_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """The short form of a record that `semscan score` prints."""
    kept = ("image", "status", "score", "raw_score", "defect", "threshold", "class", "class_probabilities", "error")
    return {key: record[key] for key in kept if key in record}


def to_json(record: Mapping[str, Any]) -> str:
    """One line of JSON, readable Unicode; NaN is refused, since JSON has none.

    Examples
    --------
    >>> to_json({"image": "Öffnung 1.tif", "score": None})
    '{"image": "Öffnung 1.tif", "score": null}'
    """
    line = json.dumps(record, ensure_ascii=False, allow_nan=False)
    try:
        line.encode()
    except UnicodeEncodeError:  # a file name that is no valid Unicode
        line = json.dumps(record, allow_nan=False)
    return line


def finite(value: float | None) -> float | None:
    """The value, or None where JSON has no number for it."""
    return None if value is None or not math.isfinite(value) else value


def _region_entry(number: int, region: Region, inspection: Inspection) -> dict[str, Any]:
    row, col = region.centroid
    return {
        "id": number,
        "bbox": list(region.box.xywh),
        "centroid": [round(col, 2), round(row, 2)],
        "area_px": region.area,
        "peak": region.peak,
        "mean": region.mean,
        "class": region.class_name,
        "class_probability": region.class_probability,
        "nuisance": region.nuisance,
        "witnesses": list(region.methods),
        **in_pixels(region),
        **in_nm(region, finite(inspection.nm_per_pixel)),
        "description": describe(region, inspection),
    }
