"""The overlay of a large image in a size that any viewer opens."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np

from semscan.report.pictures.overlay import draw_overlay
from semscan.settings import OutputSettings
from semscan.values import CleanImage
from semscan.values.record import Record, RegionRecord

LARGEST = 4096  # px: side of the whole picture
MARGIN = 1.08  # sides of the whole picture for those of the image in it


class Preview:
    """An image and its map made smaller by a whole number, as their rows come.

    Of the image it is the mean of a block, of the map the largest value, so that small defects are seen.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the image.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        self.factor = max(1, math.ceil(max(shape) * MARGIN / LARGEST))
        self._shape = shape
        self._grey: list[np.ndarray] = []
        self._map: list[np.ndarray] = []
        self._waiting: list[tuple[np.ndarray, np.ndarray]] = []
        self._rows = self._seen = 0

    def push(self, grey: np.ndarray, values: np.ndarray) -> None:
        """Take the next rows of the image, uint8, and of its map, float32."""
        self._waiting.append((grey, values))
        self._rows += len(grey)
        self._seen += len(grey)
        if self._rows < self.factor and self._seen < self._shape[0]:
            return
        pair = [np.concatenate(parts) for parts in zip(*self._waiting, strict=True)]
        whole = len(pair[0]) if self._seen >= self._shape[0] else len(pair[0]) // self.factor * self.factor
        self._grey.append(_reduced(pair[0][:whole], self.factor, np.mean))
        self._map.append(_reduced(pair[1][:whole], self.factor, np.max))
        self._waiting = [(pair[0][whole:], pair[1][whole:])]
        self._rows = len(pair[0]) - whole

    def drawn(self, image: CleanImage, runs: list[np.ndarray], record: Record, settings: OutputSettings) -> np.ndarray:
        """Return the overlay, uint8 (rows, cols, 3), blue, green, red; all rows have come.

        Parameters
        ----------
        image : CleanImage
            Its `judged` is not needed as a whole: only the data bar is left out.
        runs : list of ndarray
            The pixels of each region, see `semscan.regions.in_bands`.
        record : Record
            Of the whole image.
        settings : OutputSettings
            Style and title.
        """
        values = (np.concatenate(self._grey) / 255).astype(np.float32)
        anomaly_map = np.concatenate(self._map)
        judged = np.ones(values.shape, bool)
        bar = math.ceil(image.data_bar_px / self.factor)
        judged[len(judged) - bar :] = False
        small = CleanImage(values, judged, nm_per_pixel=self._scaled(image.nm_per_pixel), data_bar_px=bar)
        shown = replace(
            record,
            regions=tuple(map(self._region, record.regions)),
            nm_per_pixel=self._scaled(record.nm_per_pixel),
        )
        labels = self._labels(runs, values.shape)
        return draw_overlay(small, anomaly_map, labels, shown, style=settings.overlay_style, title=settings.title)

    def _labels(self, runs: list[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
        """Return the regions' pixels, int32; a region of few pixels still has one."""
        labels = np.zeros(shape, np.int32)
        for number, of_region in reversed(list(enumerate(runs, start=1))):  # the strongest last, on top
            for row, left, right in _blocks(of_region, self.factor):
                labels[row, left:right] = number
        return labels

    def _region(self, region: RegionRecord) -> RegionRecord:
        x, y, width, height = region.bbox
        left, top = x // self.factor, y // self.factor
        right, bottom = -(-(x + width) // self.factor), -(-(y + height) // self.factor)
        return replace(region, bbox=(left, top, right - left, bottom - top))

    def _scaled(self, nm_per_pixel: float | None) -> float | None:
        return None if nm_per_pixel is None else nm_per_pixel * self.factor


def _blocks(runs: np.ndarray, factor: int) -> np.ndarray:
    """Return the blocks that runs touch, as runs."""
    return np.column_stack([runs[:, 0] // factor, runs[:, 1] // factor, -(-runs[:, 2] // factor)])


def _reduced(values: np.ndarray, factor: int, by: object) -> np.ndarray:
    """Return the mean or the largest value of each block; the last pixels fill the last block."""
    if factor == 1:
        return values
    down, right = (-side % factor for side in values.shape)
    padded = np.pad(values, ((0, down), (0, right)), mode="edge")
    rows, cols = (side // factor for side in padded.shape)
    if by is np.mean:
        return cv2.resize(padded, (cols, rows), interpolation=cv2.INTER_AREA)
    return padded.reshape(rows, factor, cols, factor).max(axis=(1, 3))
