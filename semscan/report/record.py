"""The record of an inspected image: its regions, the description of its saved map, and JSON as one line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from semscan.phrases import one_line
from semscan.report.region_entry import region_record
from semscan.settings import ReadSettings
from semscan.values import Periodic, Region
from semscan.values.method import MethodProvenance
from semscan.values.record import MAP_KEYS, UNLIKE, AnyRecord, ErrorRecord, PeriodicRecord, Record
from semscan.version import __version__

NO_THRESHOLD = "this model was trained without good images: it tells classes apart but has no threshold for defects"
# the keys of a record that `semscan score` prints
SCORE_KEYS = (
    *("image", "status", "score", "raw_score", "defect", "unlike_training", "threshold"),
    *("class", "class_probabilities", "error"),
)


def with_regions(record: Record, regions: Sequence[Region]) -> Record:
    """Return the record of an image with its regions, numbered from 1, and the verdict that follows from them.

    An image unlike the training images gets no verdict.
    """
    found = tuple(region_record(number, region, record) for number, region in enumerate(regions, start=1))
    has_defect = any(not region.nuisance for region in regions)
    return replace(record, regions=found, defect=None if record.unlike_training else has_defect)


def map_description(record: Record, provenance: MethodProvenance, read: ReadSettings) -> dict[str, Any]:
    """Return what a saved map says of itself: enough to find its image again and to cut the map again.

    `provenance` is the method's, `read` holds the settings that the image was read with.
    """
    known = record.to_json()
    classes = dict(record.class_probabilities) if record.class_probabilities else None  # to all their digits
    unlike = [warning for warning in record.warnings if warning.startswith(UNLIKE)]
    return {
        "semscan_version": __version__,
        **{key: known.get(key) for key in MAP_KEYS[: MAP_KEYS.index("raw_score")]},
        "fingerprint": provenance.fingerprint,
        "calibration": None if provenance.calibration is None else provenance.calibration.to_json(),
        "raw_score": known["raw_score"],
        "threshold": known["threshold"],
        "class": record.class_name,
        "class_probabilities": classes,
        **{key: known[key] for key in ("unlike_training", "detects_from", "dark_lines") if key in known},
        **({"warnings": unlike} if unlike else {}),
        "periodic": known["periodic"],
        "read": asdict(read),
    }


def error_record(image: str, source: str, error: str, periodic: Periodic | None = None) -> ErrorRecord:
    """Return the record of an image that could not be inspected; `error` becomes one line."""
    entry = None if periodic is None else PeriodicRecord.of(periodic, None)
    return ErrorRecord(image=image, source=source, error=one_line(error), periodic=entry)


def score_json(record: AnyRecord) -> dict[str, Any]:
    """Return the short form of a record that `semscan score` prints."""
    known = record.to_json()
    return {key: known[key] for key in SCORE_KEYS if key in known}


def json_line(json_object: Mapping[str, Any]) -> str:
    """Return one line of JSON, readable Unicode; NaN is refused, since JSON has none.

    Examples
    --------
    >>> json_line({"image": "Öffnung 1.tif", "score": None})
    '{"image": "Öffnung 1.tif", "score": null}'
    """
    line = json.dumps(json_object, ensure_ascii=False, allow_nan=False)
    try:
        line.encode()
    except UnicodeEncodeError:  # a file name that is not valid Unicode
        line = json.dumps(json_object, allow_nan=False)
    return line
