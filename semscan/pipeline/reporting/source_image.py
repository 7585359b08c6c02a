"""The image behind a record, read once more, to be shown below its regions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from semscan.errors import SemscanError
from semscan.files.images.read import read_image
from semscan.files.results.finished_run import FinishedRun
from semscan.files.results.map_file import page_of_map
from semscan.image.clean import clean
from semscan.settings import MAX_IMAGE_PIXELS, ReadSettings
from semscan.values.record import Record


def reread(finished: FinishedRun, record: Record, databar: str | int = "none") -> np.ndarray | None:
    """Read the page that was inspected again, float32 (rows, cols), 0 to 1.

    `databar`, as in `ReadSettings`, has no say in the scale of the grey levels. None if the file is not where it was,
    or its size has changed.
    """
    reading = ReadSettings(page=page_of(finished, record), databar=databar)
    try:
        values = clean(read_image(Path(record.source), reading), reading).values
    except (SemscanError, ValueError):
        return None
    return values if values.shape == (record.height, record.width) else None


def read_reference(path: Path) -> np.ndarray:
    """Read a golden reference as `inspect` writes it, float32 (rows, cols), 0 to 1; raises BadImageError."""
    pixels = read_image(path, ReadSettings(max_pixels=MAX_IMAGE_PIXELS), flat=True).pixels
    return pixels.astype(np.float32) / (255 if pixels.dtype == np.uint8 else 65535)


def reference_of(finished: FinishedRun, record: Record) -> np.ndarray | None:
    """Return what an image was compared with; None where there is none of its size."""
    path = finished.locate(record.outputs.reference)
    try:
        values = None if path is None else read_reference(path)
    except SemscanError:
        return None
    return values if values is not None and values.shape == (record.height, record.width) else None


def page_of(finished: FinishedRun, record: Record) -> int:
    """Return which page of its file was inspected, from 0.

    It stands in the record. A record of an earlier version lacks it: then the page is that of its map or else of the
    last run, which may have been of other images.
    """
    return next((page for page in _pages(finished, record) if page is not None and page >= 0), 0)


def _pages(finished: FinishedRun, record: Record) -> Iterator[int | None]:
    """Yield the page from each place where it may stand, the surest first."""
    yield record.page
    path = finished.locate(record.outputs.map)
    if path is not None:
        yield page_of_map(path)
    yield finished.run.page
