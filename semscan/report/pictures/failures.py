"""The worst misses and false alarms as one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from semscan.report.pictures import colours, lettering
from semscan.report.pictures.crops import LEAST_CONTEXT, stretched
from semscan.values import Box, CleanImage

PANEL = 224
TYPE = 15
GAP = 8
COLUMNS = 4
TRUE = (90, 220, 120)


@dataclass(frozen=True, slots=True)
class Failure:
    """One place where map and ground truth differ, cut out by `cut_failure`.

    All are of one shape (rows, cols): `grey` is uint8, `anomaly_map` float32, `truth` and `hot` (above the threshold)
    are bool.
    """

    words: str
    grey: np.ndarray
    anomaly_map: np.ndarray
    truth: np.ndarray
    hot: np.ndarray


def cut_failure(
    words: str, image: CleanImage, anomaly_map: np.ndarray, truth: np.ndarray, threshold: float, box: Box
) -> Failure:
    """Cut one failure out of its image, with context around `box`; `words` stand below it."""
    rows, cols = anomaly_map.shape
    side = max(box.bottom - box.top, box.right - box.left) + 2 * LEAST_CONTEXT
    top = int(np.clip((box.top + box.bottom - side) // 2, 0, max(0, rows - side)))
    left = int(np.clip((box.left + box.right - side) // 2, 0, max(0, cols - side)))
    window = (slice(top, top + side), slice(left, left + side))
    grey = colours.to_grey(stretched(image.values[window]))
    return Failure(words, grey, anomaly_map[window].copy(), truth[window].copy(), anomaly_map[window] > threshold)


def draw_failures(misses: Sequence[Failure], alarms: Sequence[Failure]) -> np.ndarray:
    """Lay failures out: the image to the left, the map over it to the right; true defects green, regions cyan.

    Returns
    -------
    ndarray of uint8, shape (rows, cols, 3)
        BGR.
    """
    parts = [_headline("Defects that were missed, lowest peak first (outlined green)"), *_sheet(misses)]
    parts += [_headline("False alarms, highest peak first (outlined cyan)"), *_sheet(alarms)]
    return np.vstack(parts)


def _sheet(failures: Sequence[Failure]) -> list[np.ndarray]:
    if not failures:
        return [_headline("  none")]
    panels = [_panel(failure) for failure in failures]
    panels += [np.full_like(panels[0], colours.PAPER)] * (-len(panels) % COLUMNS)
    return [np.hstack(panels[start : start + COLUMNS]) for start in range(0, len(panels), COLUMNS)]


def _panel(failure: Failure) -> np.ndarray:
    zoom = PANEL / max(failure.grey.shape)
    canvas = np.full((PANEL + TYPE + 3 * GAP, 2 * PANEL + 3 * GAP, 3), colours.PAPER, np.uint8)
    grey, anomaly_map, truth, hot = (
        cv2.resize(part, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_NEAREST)
        for part in (failure.grey, failure.anomaly_map, failure.truth.astype(np.uint8), failure.hot.astype(np.uint8))
    )
    left = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    right = colours.paint(grey, anomaly_map)
    for side in (left, right):
        for mask, colour in ((truth, TRUE), (hot, colours.OUTLINE)):
            contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
            cv2.drawContours(side, contours, -1, colour, 1)
    for number, side in enumerate((left, right)):
        start = GAP + number * (PANEL + GAP)
        canvas[GAP : GAP + side.shape[0], start : start + side.shape[1]] = side
    words = lettering.shorten(failure.words, TYPE, canvas.shape[1] - 2 * GAP)
    lettering.put(canvas, words, GAP, canvas.shape[0] - GAP, TYPE, colours.INK)
    return canvas


def _headline(words: str) -> np.ndarray:
    canvas = np.full((3 * TYPE, COLUMNS * (2 * PANEL + 3 * GAP), 3), colours.PAPER, np.uint8)
    lettering.put(canvas, words, GAP, 2 * TYPE, round(1.2 * TYPE), colours.INK)
    return canvas
