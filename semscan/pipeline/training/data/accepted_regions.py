"""Regions that a person has judged harmless become normal: their places, opened for training and calibration."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semscan.errors import SemscanError
from semscan.files.datasets.accepted import Accepted, read_accepted
from semscan.files.datasets.class_folders import TEST
from semscan.files.datasets.labelled_images import read_defect_mask
from semscan.files.images.read import read_image
from semscan.image.clean import clean
from semscan.image.inpaint import inpaint_ignored
from semscan.image.resize import Scale, zoomed
from semscan.image.tiling import judged_rows
from semscan.pipeline.training.data.dataset import near_zoom
from semscan.pipeline.training.data.examples import AcceptedRegions
from semscan.pipeline.training.data.image_cache import ImageCache
from semscan.settings import IMAGE_CACHE_BYTES, ReadSettings
from semscan.synth.painting.paste import components, inpainted
from semscan.values import Box, CleanImage

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Opened:
    """One image of which regions are accepted: values as training sees them, and boxes in them."""

    values: np.ndarray
    boxes: tuple[tuple[int, int, int, int], ...]
    foreign: np.ndarray


def open_accepted(
    files: Sequence[str], data: Path, read: ReadSettings, scale: Scale, say: Say
) -> AcceptedRegions | None:
    """Open the regions that the files accept; None if there are none.

    Images in ``data/test`` are not read, missing ones are left out, each with a line to `say`.

    Raises
    ------
    BadDataError
        If a file holds no accepted regions at all.
    """
    by_path: dict[Path, Accepted] = {}
    places: list[tuple[Path, tuple[int, int, int, int]]] = []
    for record in (record for name in files for record in read_accepted(Path(name))):
        if _is_test(record.source, data):
            say(f"warning: {record.source} is not accepted: it lies in {TEST}/, which is never trained on")
            continue
        try:
            opened = _open(record, read, scale)
        except SemscanError as error:
            say(f"warning: accepted regions left out: {error}")
            continue
        if not opened.boxes:
            say(f"warning: accepted regions left out: {record.source}: the image no longer has these places")
            continue
        by_path[record.source] = record  # a later file speaks for the image
        places = [(path, box) for path, box in places if path != record.source]
        places += [(record.source, box) for box in opened.boxes]
    if not places:
        return None
    paths = list(by_path)
    say(
        f"{len(places)} accepted region{'s' * (len(places) != 1)} of {len(paths)} image{'s' * (len(paths) != 1)} "
        "become normal: shown in training as they are, and counted in setting 0.5."
    )

    def load(path: Path) -> np.ndarray:
        opened = _open(by_path[path], read, scale)
        return inpainted(opened.values, opened.foreign) if opened.foreign.any() else opened.values

    numbered = tuple((paths.index(path), box) for path, box in places)
    return AcceptedRegions(ImageCache(paths, load, IMAGE_CACHE_BYTES // 16), numbered)


def region_peaks(look: Callable, accepted: AcceptedRegions) -> np.ndarray:
    """The largest raw score in each accepted region; `look` judges images at the scale of training."""
    peaks, number, raw = [], None, np.zeros((1, 1))
    for which, (top, left, bottom, right) in sorted(accepted.places):
        if which != number:
            values = accepted.images[which].astype(np.float32)
            number, raw = which, look(CleanImage(values, np.ones(values.shape, bool))).raw
        peaks.append(float(raw[top:bottom, left:right].max()))
    return np.array(peaks)


def _open(record: Accepted, read: ReadSettings, scale: Scale) -> _Opened:
    image = clean(read_image(record.source, read), read)
    rows, shape = judged_rows(image), image.values.shape
    zoom = near_zoom(record.source, image.nm_per_pixel, scale)
    foreign = np.zeros(shape, bool)
    if shape == record.size:  # else the file was replaced by another image
        foreign = _found(record, shape)
        for box in record.others:
            foreign[box.top : box.bottom, box.left : box.right] = True
        for box in record.boxes:
            foreign[box.top : box.bottom, box.left : box.right] = False
    boxes = [_moved(box, rows.start, zoom) for box in record.boxes if shape == record.size]
    values = zoomed(inpaint_ignored(image.values[rows], image.judged[rows]), zoom)
    inside = [
        (max(0, top), max(0, left), min(bottom, values.shape[0]), min(right, values.shape[1]))
        for top, left, bottom, right in boxes
    ]
    kept = tuple(box for box in inside if box[0] < box[2] and box[1] < box[3])
    return _Opened(values, kept, zoomed(foreign[rows].astype(np.float32), zoom) > 0.4)


def _found(record: Accepted, shape: tuple[int, ...]) -> np.ndarray:
    """All that was found in the image then, but for what touches an accepted region."""
    if record.mask is None:
        return np.zeros(shape, bool)
    try:
        hot = read_defect_mask(record.mask, shape)
    except SemscanError:
        return np.zeros(shape, bool)
    for top, left, bottom, right in components(hot, least=1):
        if any(box.top < bottom and top < box.bottom and box.left < right and left < box.right for box in record.boxes):
            hot[top:bottom, left:right] = False
    return hot


def _moved(box: Box, first_row: int, zoom: float) -> tuple[int, int, int, int]:
    ends = (box.top - first_row, box.left, box.bottom - first_row, box.right)
    top, left, bottom, right = (end * zoom for end in ends)
    return int(top), int(left), int(np.ceil(bottom)), int(np.ceil(right))


def _is_test(source: Path, data: Path) -> bool:
    real = Path(os.path.realpath(source))
    tests = (entry for entry in data.iterdir() if entry.name.casefold() == TEST and os.path.isdir(entry))
    return any(real.is_relative_to(os.path.realpath(test)) for test in tests)
