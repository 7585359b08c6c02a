"""The image behind a record, read once more: what reports and exports show below the findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from semscan.errors import SemscanError
from semscan.files.images.read import read_image
from semscan.files.results.finished_run import FinishedRun
from semscan.files.results.map_file import map_description
from semscan.files.results.records import source_of
from semscan.image.clean import clean
from semscan.settings import ReadSettings


def reread(finished: FinishedRun, record: Mapping[str, Any]) -> np.ndarray | None:
    """The page that was inspected, float32, 0 to 1; None if it is not where it was, or not as large as it was."""
    reading = ReadSettings(page=page_of(finished, record), databar="none")
    try:
        values = clean(read_image(Path(source_of(record)), reading), reading).values
    except (SemscanError, ValueError):
        return None
    return values if values.shape == (record.get("height"), record.get("width")) else None


def page_of(finished: FinishedRun, record: Mapping[str, Any]) -> int:
    """Of a file with several pages, the one that was inspected, from 0.

    The record says it; where it does not (of an earlier version), the map beside it, and else the last run,
    which may have been of other images.
    """
    pages = (told.get("page") for told in _told(finished, record) if isinstance(told, dict))
    return next((page for page in pages if type(page) is int and page >= 0), 0)


def _told(finished: FinishedRun, record: Mapping[str, Any]) -> Iterator[Any]:
    yield record
    outputs, settings = record.get("outputs"), finished.run.get("settings")
    path = finished.locate(outputs.get("map")) if isinstance(outputs, dict) else None
    if path is not None:
        yield map_description(path).get("read")
    if isinstance(settings, dict):
        yield settings.get("read")
