"""Regions that a person judged harmless become normal: opened for training and calibration."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np

from semscan.errors import SemscanError
from semscan.files.datasets.accepted import Accepted, read_accepted
from semscan.files.datasets.class_folders import TEST, lies_in_test
from semscan.files.datasets.labelled_images import read_defect_mask
from semscan.files.images.read import read_image
from semscan.image.brightness import matched_brightness
from semscan.image.clean import clean
from semscan.image.filling.inpaint import inpaint_ignored
from semscan.image.resize import zoomed
from semscan.image.tiling import judged_rows
from semscan.phrases import plural
from semscan.pipeline.methods.base import MethodResult
from semscan.pipeline.training.data.examples import AcceptedRegions, Corners
from semscan.pipeline.training.data.image_cache import ImageCache, PackedMask
from semscan.pipeline.training.data.reader import TrainingReader, near_zoom
from semscan.pipeline.training.data.reviewed_images import NOT_REVIEWED, ReviewedData
from semscan.settings import IMAGE_CACHE_BYTES
from semscan.synth.painting.paste import inpainted
from semscan.values import Box, CleanImage

Log = Callable[[str], None]
Score = Callable[[CleanImage], MethodResult]


@dataclass(frozen=True, slots=True)
class _Opened:
    """An image with accepted regions, as training sees it.

    `boxes` are the accepted regions; `foreign`, bool (rows, cols), is what else was found in the image.
    """

    values: np.ndarray
    boxes: tuple[Corners, ...]
    foreign: np.ndarray


def open_accepted(
    files: Sequence[str],
    data: Path,
    reader: TrainingReader,
    log: Log,
    *,
    every: bool = False,
    reviewed: ReviewedData = NOT_REVIEWED,
) -> AcceptedRegions | None:
    """Open the regions that the files accept, and the `reviewed` ones; None if there are none.

    `every` is as in `read_accepted`.
    Images in ``data/test`` are not read and missing ones are left out, each with a line to `log`.

    Raises
    ------
    BadDataError
        If a file holds no accepted regions at all.
    """
    opened: dict[Path, tuple[Accepted, tuple[Corners, ...]]] = {}
    of_files = [record for name in files for record in read_accepted(Path(name), every=every)]
    for record in (*of_files, *reviewed.accepted):  # what a review says of an image counts
        if lies_in_test(record.source, data):
            log(f"warning: {record.source} is not accepted: it lies in {TEST}/, which is never trained on")
            continue
        boxes = _usable_boxes(record, reader, reviewed.unknown, log)
        if boxes:
            opened.pop(record.source, None)  # of several files about an image the last counts, at its own place
            opened[record.source] = (record, boxes)
    if not opened:
        return None
    accepted = _AcceptedReader({path: record for path, (record, _) in opened.items()}, reader, reviewed.unknown)
    places = tuple((number, box) for number, (_, boxes) in enumerate(opened.values()) for box in boxes)
    log(
        f"{plural(len(places), 'accepted region')} of {plural(len(opened), 'image')} become normal: training shows "
        "them as they are, and the threshold is kept above them where it can be."
    )
    return AcceptedRegions(ImageCache(list(opened), accepted.values, IMAGE_CACHE_BYTES // 16), places)


@dataclass(frozen=True, slots=True)
class _AcceptedReader:
    """Reads images with accepted regions; what else was found in them is inpainted."""

    records: Mapping[Path, Accepted]
    reader: TrainingReader
    unknown: Mapping[Path, PackedMask]

    def values(self, path: Path) -> np.ndarray:
        """Return the judged rows at the scale of training, float32 (rows, cols)."""
        opened = _open(self.records[path], self.reader, self.unknown.get(path))
        return inpainted(opened.values, opened.foreign) if opened.foreign.any() else opened.values


def _usable_boxes(
    record: Accepted, reader: TrainingReader, unknown: Mapping[Path, PackedMask], log: Log
) -> tuple[Corners, ...]:
    """Return the accepted regions that the image still has; a line to `log` if there are none."""
    try:
        boxes = _open(record, reader, unknown.get(record.source)).boxes
    except SemscanError as error:
        log(f"warning: accepted regions left out: {error}")
        return ()
    if not boxes:
        log(f"warning: accepted regions left out: {record.source}: the image no longer has these places")
    return boxes


def region_peaks(score: Score, accepted: AcceptedRegions) -> np.ndarray:
    """Return the largest raw score in each accepted region, (n,); `score` takes images at the scale of training."""
    peaks: list[float] = []
    for number, places in groupby(sorted(accepted.places), key=lambda place: place[0]):
        values = accepted.images[number].astype(np.float32)
        raw = score(CleanImage(values, np.ones(values.shape, bool))).raw
        peaks += [float(raw[top:bottom, left:right].max()) for _, (top, left, bottom, right) in places]
    return np.array(peaks)


def _open(record: Accepted, reader: TrainingReader, unknown: PackedMask | None) -> _Opened:
    """Open an image; `unknown` marks what a review does not call normal, without it the record does."""
    image = clean(read_image(record.source, reader.read), reader.read)
    rows = judged_rows(image)
    shape = image.values.shape
    zoom = near_zoom(record.source, image.nm_per_pixel, reader.scale)
    foreign = np.zeros(shape, bool)
    if shape == record.size:  # else the file was replaced by another image
        foreign = _found(record, shape) if unknown is None else unknown.unpacked()
    boxes = [_moved(box, rows.start, zoom) for box in record.boxes if shape == record.size]
    values = zoomed(inpaint_ignored(image.values[rows], image.judged[rows]), zoom)
    if reader.matched:
        values = matched_brightness(values)
    inside = [
        (max(0, top), max(0, left), min(bottom, values.shape[0]), min(right, values.shape[1]))
        for top, left, bottom, right in boxes
    ]
    kept = tuple(box for box in inside if box[0] < box[2] and box[1] < box[3])
    return _Opened(values, kept, zoomed(foreign[rows].astype(np.float32), zoom) > 0.4)


def _found(record: Accepted, shape: tuple[int, ...]) -> np.ndarray:
    """Return all that was found in the image then but the accepted regions: by its mask, without one by their boxes."""
    found = np.zeros(shape, bool)
    for box in record.others:
        found[box.top : box.bottom, box.left : box.right] = True
    if record.mask is None:
        return found
    try:
        hot = read_defect_mask(record.mask, shape)
    except SemscanError:
        return found
    _, numbers, stats, _ = cv2.connectedComponentsWithStats(hot.astype(np.uint8), connectivity=8)
    others = {box.xywh for box in record.others}
    pieces = [(number, (x, y, wide, high)) for number, (x, y, wide, high, _) in enumerate(stats.tolist()) if number]
    is_accepted = np.zeros(len(stats), bool)
    for box in record.boxes:
        own = [number for number, piece in pieces if piece == box.xywh]
        if not own:  # a region of several pieces, or at another threshold
            own = [number for number, piece in pieces if piece not in others and _lies_in(piece, box)]
        is_accepted[own] = True
    return hot & ~is_accepted[numbers]


def _lies_in(piece: tuple[int, int, int, int], box: Box) -> bool:
    x, y, wide, high = piece
    return box.left <= x and x + wide <= box.right and box.top <= y and y + high <= box.bottom


def _moved(box: Box, first_row: int, zoom: float) -> Corners:
    ends = (box.top - first_row, box.left, box.bottom - first_row, box.right)
    top, left, bottom, right = (end * zoom for end in ends)
    return int(top), int(left), int(np.ceil(bottom)), int(np.ceil(right))
