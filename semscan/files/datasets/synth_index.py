"""What `semscan synth` says it planted in the images of a data set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from semscan.values import Box

INDEX = "synth.json"
MADE_BY = "semscan synth"
LARGEST = 64 << 20
_FAR = 1 << 31
_LONG = 100
Planted = tuple[tuple[str, Box], ...]


def read_synth_index(data: Path) -> dict[str, Planted]:
    """Kind and box of each planted defect, by the path of its image below `data` (with ``/``).

    Empty without an index of `semscan synth`, or if it is damaged; an image whose entry makes no sense is left
    out. The paths in it are names to compare with, nothing more: none is opened.
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
        if not path.is_file() or path.stat().st_size > LARGEST:
            return {}
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _planted(defect: Any) -> tuple[str, Box] | None:
    kind, bbox = (defect.get("kind"), defect.get("bbox")) if isinstance(defect, dict) else (None, None)
    if not isinstance(kind, str) or not 0 < len(kind) <= _LONG or not kind.isprintable():
        return None
    if not isinstance(bbox, list) or len(bbox) != 4:
        return None
    if not all(type(value) is int and 0 <= value < _FAR for value in bbox):  # a bool is no length
        return None
    left, top, width, height = bbox
    return kind, Box(top, left, top + height, left + width)
