"""The regions of an earlier inspection, which are not measured."""

from __future__ import annotations

import filecmp
import os
from collections import Counter
from pathlib import Path

import numpy as np

from semscan.errors import BadImageError
from semscan.files.find.images import InputImage
from semscan.files.results.finished_run import FinishedRun, read_finished
from semscan.files.results.report_files import read_mask
from semscan.values.record import Record


class LeftOut:
    """Where the regions of an inspection lie, by image.

    Raises OutputError if the folder holds no results.
    """

    def __init__(self, results: str) -> None:
        self._finished: FinishedRun = read_finished(Path(results))
        self._records = {record.source: record for record in self._finished.inspected}
        names = Counter(os.path.normpath(record.image) for record in self._finished.inspected)
        named = {os.path.normpath(record.image): record for record in self._finished.inspected}
        self._named = {name: record for name, record in named.items() if names[name] == 1}
        self._results = results

    def of(self, found: InputImage, shape: tuple[int, ...]) -> np.ndarray:
        """Return the pixels of the regions in an image, bool (rows, cols): its mask, or the boxes without one.

        An image that was moved or copied with its folder is known by the name that was given, if no other image had it.

        Raises
        ------
        BadImageError
            If the image was not inspected, or had another size.
        """
        record = self._records.get(os.path.abspath(found.path)) or self._of_copy(found)
        if record is None:
            raise BadImageError(f"no record of it in {self._results}; inspect it, or measure it without --without")
        if (record.height, record.width) != shape:
            raise BadImageError(
                f"its record in {self._results} is of {record.width} x {record.height} px, the image has "
                f"{shape[1]} x {shape[0]}; inspect it again"
            )
        mask = read_mask(self._finished, record)
        return _boxes(record, shape) if mask is None or mask.shape != shape else mask > 0

    def _of_copy(self, found: InputImage) -> Record | None:
        """Return the record of an image of this name that is gone now, or has the same bytes."""
        record = self._named.get(os.path.normpath(found.given))
        if record is None:
            return None
        try:
            return record if filecmp.cmp(record.source, found.path, shallow=False) else None
        except OSError:
            return record


def _boxes(record: Record, shape: tuple[int, ...]) -> np.ndarray:
    inside = np.zeros(shape, bool)
    for region in record.regions:
        box = region.box
        inside[box.top : box.bottom, box.left : box.right] = True
    return inside
