"""The pictures of a review, drawn when the page asks for them."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from threading import Lock

import cv2
import numpy as np

from semscan.errors import BadImageError
from semscan.files.disk.encode import png_bytes
from semscan.files.results.map_file import read_tiff_map
from semscan.pipeline.reporting.source_image import read_reference, reread
from semscan.pipeline.reporting.thumbnails import read_overlay
from semscan.pipeline.reviewing.lot import Lot
from semscan.report.pictures import colours
from semscan.values.record import Record

LARGEST = 1 << 24  # pixels of a picture; a larger image is reduced
MOST_READ = 1 << 27  # pixels of an image that is read; of a larger one the overlay is shown
MOST_SAMPLES = 1 << 20  # pixels from which percentiles are estimated
TAILS = (0.5, 99.5)  # percentiles at black and white
FULL_DIFFERENCE = 99.9  # percentile of the absolute difference that is drawn in black or white
LEAST_RANGE = 1e-3  # so that an even image is drawn as an even grey
KEPT = 3  # images whose pixels are kept: the one shown, and those before and after it
TEST, REFERENCE, DIFFERENCE, MAP, LAYER = "test", "reference", "difference", "map", "layer"


class Pictures:
    """Draws the pictures of a lot's images; one at a time, so that threads do not fill the memory.

    `TEST` is the image, 0.5 % and 99.5 % percentiles at black and white; `REFERENCE` what it was compared with, on
    the same scale; `DIFFERENCE` test less reference, mid-grey where they are equal. `MAP` is the anomaly map in
    colours, `LAYER` the same to lie over the image. The overlay stands in for an image that is gone.
    """

    def __init__(self, lot: Lot) -> None:
        self._lot = lot
        self._lock = Lock()
        self._grey = lru_cache(maxsize=KEPT)(self._read_grey)
        self._draw: dict[str, Callable[[int], np.ndarray]] = {
            TEST: self._test,
            REFERENCE: self._reference,
            DIFFERENCE: self._difference,
            MAP: lambda number: colours.in_full(self._map(number)),
            LAYER: lambda number: colours.layer(self._map(number)),
        }

    def png(self, number: int, kind: str) -> bytes:
        """Return one picture as PNG.

        Raises
        ------
        SemscanError
            If the file is gone, damaged or of another size.
        KeyError
            If there is no picture of this kind.
        """
        draw = self._draw[kind]
        with self._lock:
            return png_bytes(_reduced(draw(number)), quick=True)

    def kinds(self, number: int) -> tuple[str, ...]:
        """Return the names of the pictures that the files of an image allow."""
        is_whole = not self._is_large(number)
        has_test = is_whole and self._is_there(number)
        has_reference = has_test and self._located(number, REFERENCE) is not None
        has_map = is_whole and self._located(number, MAP) is not None
        return (
            *((TEST,) if has_test or self._located(number, "overlay") else ()),
            *((REFERENCE, DIFFERENCE) if has_reference else ()),
            *((MAP, LAYER) if has_map else ()),
        )

    def notes(self, number: int) -> tuple[str, ...]:
        """Return what the reviewer must know of the pictures."""
        if not self._is_there(number):
            why = "is not there any more"
        elif self._is_large(number):
            why = "is too large to be shown by itself"
        else:
            return ()
        shown = "its overlay is shown instead" if self._located(number, "overlay") else "it cannot be shown"
        return (f"{self._record(number).source} {why}: {shown}",)

    def _is_there(self, number: int) -> bool:
        return os.path.isfile(self._record(number).source)

    def _is_large(self, number: int) -> bool:
        return self._record(number).width * self._record(number).height > MOST_READ

    def _record(self, number: int) -> Record:
        return self._lot.records[number]

    def _located(self, number: int, kind: str) -> Path | None:
        return self._lot.finished.locate(getattr(self._record(number).outputs, kind))

    def _read_grey(self, number: int) -> np.ndarray | None:
        record = self._record(number)
        return reread(self._lot.finished, record, databar=record.data_bar_px)

    def _test(self, number: int) -> np.ndarray:
        values = None if self._is_large(number) else self._grey(number)
        if values is not None:
            return _between(values, self._ends(number, values))
        overlay = read_overlay(self._lot.finished, self._record(number))
        if overlay is None:
            raise BadImageError(f"{self._record(number).source}: cannot be read any more, and there is no overlay")
        return overlay

    def _pair(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the image and what it was compared with, float32 of one shape."""
        path = self._located(number, REFERENCE)
        values = self._grey(number)
        if path is None or values is None:
            raise BadImageError(f"{self._record(number).image}: the reference image or the image is gone")
        return values, _checked(read_reference(path), values.shape, path)

    def _reference(self, number: int) -> np.ndarray:
        values, reference = self._pair(number)
        return _between(reference, self._ends(number, values))

    def _difference(self, number: int) -> np.ndarray:
        values, reference = self._pair(number)
        difference = values - reference
        sample = np.abs(_sample(self._above_bar(number, difference)))
        full = max(LEAST_RANGE, float(np.percentile(sample, FULL_DIFFERENCE)))
        return _between(difference, (-full, full))

    def _above_bar(self, number: int, values: np.ndarray) -> np.ndarray:
        """Return the rows above the data bar, whose black and white have no say in what is drawn how bright."""
        return values[: max(1, len(values) - max(0, self._record(number).data_bar_px))]

    def _ends(self, number: int, values: np.ndarray) -> tuple[float, float]:
        """Return the values that are drawn in black and in white."""
        dark, bright = np.percentile(_sample(self._above_bar(number, values)), TAILS)
        return float(dark), float(max(bright, dark + LEAST_RANGE))

    def _map(self, number: int) -> np.ndarray:
        record = self._record(number)
        path = self._located(number, MAP)
        if path is None:
            raise BadImageError(f"{record.image}: its anomaly map is gone; inspect the image again")
        return _checked(read_tiff_map(path)[0], (record.height, record.width), path)


def _checked(values: np.ndarray, shape: tuple[int, ...], path: Path) -> np.ndarray:
    if values.shape != shape:
        found, wanted = (f"{cols} x {rows}" for rows, cols in (values.shape, shape))
        raise BadImageError(f"{path}: has {found} px, its image {wanted}; inspect the image again")
    return values


def _sample(values: np.ndarray) -> np.ndarray:
    return values.reshape(-1)[:: max(1, values.size // MOST_SAMPLES)]


def _between(values: np.ndarray, ends: tuple[float, float]) -> np.ndarray:
    """Return values as uint8, black and white at the ends."""
    return colours.to_grey((values - ends[0]) / (ends[1] - ends[0]))


def _reduced(picture: np.ndarray) -> np.ndarray:
    """Reduce a picture of more than `LARGEST` pixels."""
    rows, cols = picture.shape[:2]
    share = math.sqrt(LARGEST / (rows * cols))
    if share >= 1:
        return picture
    size = max(1, int(cols * share)), max(1, int(rows * share))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
