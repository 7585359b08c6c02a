"""The image behind a record, read once more: what reports and exports show below the findings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from semscan.errors import SemscanError
from semscan.files.images.read import read_image
from semscan.files.results.finished_run import FinishedRun
from semscan.files.results.map_file import page_of_map
from semscan.image.clean import clean
from semscan.settings import ReadSettings
from semscan.values.record import Record


def reread(finished: FinishedRun, record: Record) -> np.ndarray | None:
    """The page that was inspected, float32, 0 to 1; None if it is not where it was, or not as large as it was."""
    reading = ReadSettings(page=page_of(finished, record), databar="none")
    try:
        values = clean(read_image(Path(record.source), reading), reading).values
    except (SemscanError, ValueError):
        return None
    return values if values.shape == (record.height, record.width) else None


def page_of(finished: FinishedRun, record: Record) -> int:
    """Of a file with several pages, the one that was inspected, from 0.

    The record says it; where it does not (of an earlier version), the map beside it, and else the last run,
    which may have been of other images.
    """
    return next((page for page in _pages(finished, record) if type(page) is int and page >= 0), 0)


def _pages(finished: FinishedRun, record: Record) -> Iterator[int | None]:
    """Yield the page by each source of it, the best first."""
    yield record.page
    path = finished.locate(record.outputs.map)
    if path is not None:
        yield page_of_map(path)
    yield finished.run.page
