"""Read the index of the defects that `semscan synth` planted in the images of a data set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from semscan.files.disk.plain_file import read_plain
from semscan.values import Box

INDEX = "synth.json"
MADE_BY = "semscan synth"
MAX_INDEX_BYTES = 64 << 20
MAX_COORDINATE = 1 << 31
LONGEST_KIND = 100
Planted = tuple[tuple[str, Box], ...]


def read_synth_index(data: Path) -> dict[str, Planted]:
    """Return kind and box of each planted defect, by the path of its image below `data` (with ``/``).

    The result is empty without an index of `semscan synth`, or if it is damaged. An image with a malformed entry is
    left out. The paths in it are only compared: none is opened.
    """
    index = _read(Path(data) / INDEX)
    if index.get("made_by") != MADE_BY or not isinstance(index.get("images"), list):
        return {}
    found: dict[str, Planted] = {}
    for entry in index["images"]:
        defects = entry.get("defects") if isinstance(entry, dict) else None
        if not isinstance(defects, list) or not isinstance(entry.get("image"), str):
            continue
        planted = [_planted(defect) for defect in defects]
        whole = tuple(one for one in planted if one is not None)
        if len(whole) == len(planted):
            found[entry["image"]] = whole
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_plain(path, MAX_INDEX_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _planted(defect: Any) -> tuple[str, Box] | None:
    if not isinstance(defect, dict):
        return None
    kind = defect.get("kind")
    bbox = defect.get("bbox")
    if not isinstance(kind, str) or not 0 < len(kind) <= LONGEST_KIND or not kind.isprintable():
        return None
    if not isinstance(bbox, list) or len(bbox) != 4:
        return None
    if not all(type(value) is int and 0 <= value < MAX_COORDINATE for value in bbox):  # a bool is not a length
        return None
    left, top, width, height = bbox
    return kind, Box(top, left, top + height, left + width)
