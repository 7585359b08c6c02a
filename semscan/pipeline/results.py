"""What an inspection leaves on disk, and the story of one run."""

from __future__ import annotations

import dataclasses
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from semscan import __version__
from semscan.files.outputs import CROP, MAP, MASK, OVERLAY, REFERENCE, output_path
from semscan.files.write import remove_file, write_png, write_tiff_grey, write_tiff_map
from semscan.report.crops import draw_crop
from semscan.report.overlay import draw_overlay
from semscan.settings import OutputSettings
from semscan.values import CleanImage, Inspection

ENGINES = ("numpy", "cv2", "onnxruntime")


def write_pictures(
    image: CleanImage,
    heat: np.ndarray,
    mask: np.ndarray,
    inspection: Inspection,
    base: Path,
    settings: OutputSettings,
) -> dict[str, Any]:
    """Write overlay, mask and crops as asked for; return their paths by kind.

    Parameters
    ----------
    image, heat, mask
        The image, its map (0 to 1) and the pixels of its regions (0 or 255), of one shape.
    inspection : Inspection
        What was found.
    base : Path
        Claimed name, without suffix.
    """
    written: dict[str, Any] = {}
    if settings.overlay:
        written["overlay"] = str(output_path(base, OVERLAY))
        write_png(output_path(base, OVERLAY), draw_overlay(image, heat, mask, inspection))
    if settings.mask:
        written["mask"] = str(output_path(base, MASK))
        write_png(output_path(base, MASK), mask)
    if settings.crops:
        written["crops"] = []
        for number, region in enumerate(inspection.regions, start=1):
            path = output_path(base, CROP.format(number))
            write_png(path, draw_crop(image, heat, region))
            written["crops"].append(str(path))
        left_over = len(inspection.regions) + 1  # crops of an earlier run that found more
        while remove_file(output_path(base, CROP.format(left_over))):
            left_over += 1
    return written


def write_map(heat: np.ndarray, description: Mapping[str, Any], base: Path) -> str:
    """Write the map with its description; return its path."""
    path = output_path(base, MAP)
    write_tiff_map(path, heat, description)
    return str(path)


def write_reference(reference: np.ndarray, pixels: np.ndarray, base: Path) -> str:
    """Write what the image was compared with, for looking at; return its path.

    Parameters
    ----------
    reference : ndarray of float32, shape (rows, cols)
        0 (black) to 1 (white).
    pixels : ndarray
        The image as read: 8 bits stay 8, others become 16.
    base : Path
        Claimed name, without suffix.
    """
    levels = np.clip(reference, 0, 1) * (255 if pixels.dtype == np.uint8 else 65535)
    path = output_path(base, REFERENCE)
    write_tiff_grey(path, np.rint(levels).astype(np.uint8 if pixels.dtype == np.uint8 else np.uint16))
    return str(path)


class Run:
    """The records of a run so far, and what is needed to repeat it."""

    def __init__(self, settings: Any, about: Mapping[str, Any], command: Sequence[str]) -> None:
        self._by_place: dict[int, dict[str, Any]] = {}
        self._settings, self._about, self._command = settings, about, command
        self._began, self._clock = datetime.now(timezone.utc), time.monotonic()

    def add(self, place: int, record: dict[str, Any]) -> None:
        """Take one more record; `place` is its number in the order given. Any thread may call this."""
        self._by_place[place] = record

    @property
    def records(self) -> list[dict[str, Any]]:
        """All records so far, in the order given."""
        return [self._by_place[place] for place in sorted(self._by_place)]

    def summary(self) -> dict[str, Any]:
        """What `run.json` holds."""
        failed = [record for record in self.records if record["status"] == "error"]
        return {
            "semscan_version": __version__,
            "command": list(self._command),
            "began": self._began.isoformat(timespec="seconds"),
            "seconds": round(time.monotonic() - self._clock, 3),
            "images": len(self.records),
            "defective": sum(record.get("defect") is True for record in self.records),
            "errors": [{"image": record["image"], "error": record["error"]} for record in failed],
            "method": dict(self._about),
            "settings": dataclasses.asdict(self._settings),
            "versions": {"python": platform.python_version()}
            | {name: sys.modules[name].__version__ for name in ENGINES if name in sys.modules},
        }
