"""The files that an inspection leaves on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from semscan.files.disk.atomic import write_png, write_tiff_grey
from semscan.files.disk.plain_file import read_lines
from semscan.files.results.folder import CROP, MAP, MASK, OVERLAY, REFERENCE, RESULTS, ResultsFolder, output_path
from semscan.files.results.journal import journals
from semscan.files.results.map_file import write_tiff_map
from semscan.image.clean import clean
from semscan.phrases import plural
from semscan.report.pictures.crops import draw_crop
from semscan.report.pictures.overlay import draw_not_judged, draw_overlay
from semscan.settings import InspectSettings, OutputSettings
from semscan.values import CleanImage, SemImage
from semscan.values.record import Outputs, Record


def write_pictures(
    image: CleanImage,
    anomaly_map: np.ndarray,
    labels: np.ndarray,
    record: Record,
    base: Path,
    settings: OutputSettings,
    reference: np.ndarray | None = None,
) -> Outputs:
    """Write overlay, mask and crops as asked for; return their paths.

    Parameters
    ----------
    image, anomaly_map, labels
        The image, its map (0 to 1) and its label image (n at the pixels of region n, 0 elsewhere), of one shape.
    record : Record
        What was found.
    base : Path
        Claimed name, without suffix.
    reference : ndarray of float32, shape (rows, cols), optional
        The golden reference, 0 to 1.
    """
    outputs = Outputs()
    if settings.overlay:
        path = output_path(base, OVERLAY)
        style, title = settings.overlay_style, settings.title
        picture = draw_overlay(image, anomaly_map, labels, record, style=style, title=title, reference=reference)
        write_png(path, picture)
        outputs = replace(outputs, overlay=str(path))
    if settings.mask:
        path = output_path(base, MASK)
        write_png(path, (labels > 0).view(np.uint8) * np.uint8(255))
        outputs = replace(outputs, mask=str(path))
    if settings.crops:
        outputs = replace(outputs, crops=_write_crops(image, anomaly_map, record, base))
    return outputs


def write_not_judged(image: SemImage, given: str, reason: str, base: Path, settings: InspectSettings) -> Outputs | None:
    """Write the overlay of an image that was read but could not be judged; return its path, None if none is wanted."""
    if not settings.output.overlay:
        return None
    path = output_path(base, OVERLAY)
    for name in (image.source, given):  # the name stands in the line above
        reason = reason.removeprefix(f"{name}: ")
    shortened = reason.partition(";")[0]  # without what to do about it, for want of room
    picture = draw_not_judged(clean(image, settings.read), given, shortened, title=settings.output.title)
    write_png(path, picture)
    return Outputs(overlay=str(path))


def _write_crops(image: CleanImage, anomaly_map: np.ndarray, record: Record, base: Path) -> tuple[str, ...]:
    crops = []
    for region in record.regions:
        path = output_path(base, CROP.format(region.id))
        write_png(path, draw_crop(image, anomaly_map, region))
        crops.append(str(path))
    return tuple(crops)


def write_map(anomaly_map: np.ndarray, description: Mapping[str, Any], base: Path) -> str:
    """Write the map, float32 (rows, cols), with its description; return its path. Raises OutputError."""
    path = output_path(base, MAP)
    write_tiff_map(path, anomaly_map, description)
    return str(path)


def write_reference(reference: np.ndarray, pixels: np.ndarray, base: Path) -> str:
    """Write the golden reference as a picture; return its path.

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


def earlier_records(out: str) -> str | None:
    """Say how many records of earlier runs a results folder holds, to which a run adds; None without any."""
    try:
        count = sum(line.endswith(b"\n") for line in read_lines(Path(out) / RESULTS))
    except OSError:  # the run itself says what is wrong with the folder
        return None
    words = f"adding to {plural(count, 'earlier record')} in {out}; an image inspected again replaces its own"
    return words if count else None


def recover_records(out: str) -> str | None:
    """Put the records of killed runs into the `results.jsonl` of a folder; return a message, None without any."""
    if not journals(Path(out)):
        return None
    count = ResultsFolder(Path(out)).taken_up
    records = f"{plural(count, 'record')} {'is' if count == 1 else 'are'}"
    return f"{out}: an earlier run was cut off; its {records} now in {RESULTS}" if count else None
