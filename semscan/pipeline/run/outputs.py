"""What an inspection leaves on disk, and the story of one run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from semscan.files.disk.atomic import write_png, write_tiff_grey
from semscan.files.results.folder import CROP, MAP, MASK, OVERLAY, REFERENCE, RESULTS, ResultsFolder, output_path
from semscan.files.results.journal import journals
from semscan.files.results.map_file import write_tiff_map
from semscan.report.pictures.crops import draw_crop
from semscan.report.pictures.overlay import draw_overlay
from semscan.settings import OutputSettings
from semscan.values import CleanImage, Inspection

RUNNING = "running"
DONE = "done"
INTERRUPTED = "interrupted"


def write_pictures(
    image: CleanImage,
    anomaly_map: np.ndarray,
    labels: np.ndarray,
    inspection: Inspection,
    base: Path,
    settings: OutputSettings,
) -> dict[str, Any]:
    """Write overlay, mask and crops as asked for; return their paths by kind.

    Parameters
    ----------
    image, anomaly_map, labels
        The image, its map (0 to 1) and its label image (n at the pixels of region n, 0 elsewhere), of one shape.
    inspection : Inspection
        What was found.
    base : Path
        Claimed name, without suffix.
    """
    written: dict[str, Any] = {}
    if settings.overlay:
        written["overlay"] = str(output_path(base, OVERLAY))
        write_png(output_path(base, OVERLAY), draw_overlay(image, anomaly_map, labels, inspection))
    if settings.mask:
        written["mask"] = str(output_path(base, MASK))
        write_png(output_path(base, MASK), (labels > 0).view(np.uint8) * np.uint8(255))
    if settings.crops:
        written["crops"] = []
        for number, region in enumerate(inspection.regions, start=1):
            path = output_path(base, CROP.format(number))
            write_png(path, draw_crop(image, anomaly_map, region))
            written["crops"].append(str(path))
    return written


def write_map(anomaly_map: np.ndarray, description: Mapping[str, Any], base: Path) -> str:
    """Write the map with its description; return its path."""
    path = output_path(base, MAP)
    write_tiff_map(path, anomaly_map, description)
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


def recover_records(out: str) -> str | None:
    """Put what killed runs left in a folder into its `results.jsonl`; say so, or None if there is nothing."""
    if not journals(Path(out)):
        return None
    count = ResultsFolder(Path(out)).taken_up
    records = "1 record is" if count == 1 else f"{count} records are"
    return f"{out}: an earlier run was cut off; its {records} now in {RESULTS}" if count else None
