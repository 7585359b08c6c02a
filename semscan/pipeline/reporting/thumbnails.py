"""The small pictures of a report: a preview of each image, and a crop of each defect."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import cv2
import numpy as np

from semscan.files.disk.encode import jpeg_bytes
from semscan.files.results.finished_run import FinishedRun
from semscan.pipeline.reporting.source_image import reference_of, reread
from semscan.report.html import Picture
from semscan.report.pictures import colours
from semscan.report.pictures.crops import crop_box, grey_ends, stretched
from semscan.report.pictures.overlay import image_part
from semscan.values.record import AnyRecord, Record, RegionRecord

LARGEST_SIDE = 512
MIN_SIDE = 256
FULL_SIZE = 120  # images up to which previews have their largest side; beyond, the page grows no more
EVERY = 500  # images up to which each has a preview; beyond, the defective ones and those of highest score
TOP_SCORES = 100
BUDGET = 9_000_000  # bytes of all pictures; as text they are a third longer, and the page is to be mailed
MOST_CROPS = 400
CROP_SIDE = 224  # larger crops are reduced to this
COMPARED_SIDE = 112  # ... and those of reference and difference to this
LEAST_DIFFERENCE = 0.1  # of the grey scale: a smaller one is not shown in full
PREVIEW_QUALITY = 62
CROP_QUALITY = 82


@dataclass(slots=True)
class Pictures:
    """Pictures by the number of the record, from 1, and the id of the region. `left_out` images got no preview.

    `compared` are crops of the golden reference and of the difference, where the image was compared with one.
    """

    previews: dict[int, Picture] = field(default_factory=dict)
    crops: dict[tuple[int, str], Picture] = field(default_factory=dict)
    compared: dict[tuple[int, str], tuple[Picture, Picture]] = field(default_factory=dict)
    left_out: int = 0


def draw_pictures(finished: FinishedRun) -> Pictures:
    """Draw the previews and crops of a finished inspection, highest score first, as long as there is room.

    A preview is the picture of the overlay; without one, the image. A crop is cut from the image, or from the
    overlay when the image has gone or changed.
    """
    made = Pictures()
    room = BUDGET
    crops_left = MOST_CROPS
    chosen = _chosen(finished.records)
    side = LARGEST_SIDE * math.sqrt(min(1.0, FULL_SIZE / max(1, len(chosen))))
    side = max(MIN_SIDE, round(side))
    for place, record in chosen.items():
        regions = record.defects[:crops_left]
        overlay = read_overlay(finished, record)
        image = reread(finished, record) if regions or overlay is None else None
        whole = overlay if overlay is not None else image
        if whole is None:
            continue
        if room <= 0:
            made.left_out += 1
            continue
        made.previews[place] = _preview(whole, side)
        room -= len(made.previews[place].jpeg)
        reference = reference_of(finished, record) if regions and image is not None else None
        for region in regions:
            key = place, str(region.id)
            crop = _crop(image if image is not None else whole, record, region)
            if crop is None:
                continue
            made.crops[key] = crop
            room -= len(crop.jpeg)
            crops_left -= 1
            if image is not None and reference is not None:
                made.compared[key] = _compared(image, reference, region)
                room -= sum(len(picture.jpeg) for picture in made.compared[key])
    made.left_out += len(finished.inspected) - len(chosen)
    return made


def _chosen(records: Iterable[AnyRecord]) -> dict[int, Record]:
    """Choose the records that get a preview, by their numbers from 1, highest score first."""
    numbered = [(place, record) for place, record in enumerate(records, start=1) if isinstance(record, Record)]
    numbered.sort(key=lambda item: 1.0 if item[1].score is None else -item[1].score)
    if len(numbered) > EVERY:
        numbered = [item for rank, item in enumerate(numbered) if rank < TOP_SCORES or item[1].defect]
    return dict(numbered)


def read_overlay(finished: FinishedRun, record: Record) -> np.ndarray | None:
    """Read the part of the overlay that shows the image, uint8 BGR; None if there is none of this image."""
    path = finished.locate(record.outputs.overlay)
    if path is None:
        return None
    try:
        canvas = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    except (OSError, cv2.error):
        return None
    return None if canvas is None else image_part(canvas, record.height, record.width)


def _preview(whole: np.ndarray, side: int) -> Picture:
    picture = colours.to_grey(whole) if whole.dtype == np.float32 else whole
    small = _within(picture, side)
    return Picture(jpeg_bytes(small, PREVIEW_QUALITY), small.shape[1], small.shape[0])


def _within(picture: np.ndarray, side: int) -> np.ndarray:
    """Reduce a picture if a side of it is longer than `side`."""
    share = side / max(picture.shape[:2])
    if share >= 1:
        return picture
    size = max(1, round(picture.shape[1] * share)), max(1, round(picture.shape[0] * share))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def _crop(whole: np.ndarray, record: Record, region: RegionRecord) -> Picture | None:
    """Cut one region with its surroundings, contrast stretched; None if its box does not lie in the image."""
    box = region.box
    rows = record.height
    cols = record.width
    if box.bottom > rows or box.right > cols:
        return None
    around = crop_box(box, (rows, cols))
    zoom = whole.shape[0] / rows  # an overlay of a small image is larger than the image
    top, left, bottom, right = (round(edge * zoom) for edge in (around.top, around.left, around.bottom, around.right))
    part = whole[top:bottom, left:right]
    part = colours.to_grey(stretched(part)) if part.dtype == np.float32 else part
    small = _within(part, CROP_SIDE)
    high = around.bottom - around.top
    wide = around.right - around.left
    x, y, width, height = box.xywh
    shares = (x - around.left) / wide, (y - around.top) / high, width / wide, height / high
    nm = record.nm_per_pixel
    width_nm = wide * nm if nm is not None and nm > 0 else None
    return Picture(jpeg_bytes(small, CROP_QUALITY), small.shape[1], small.shape[0], width_nm, shares)


def _compared(image: np.ndarray, reference: np.ndarray, region: RegionRecord) -> tuple[Picture, Picture]:
    """Cut a region out of the golden reference, as bright as the image, and out of the difference, grey where equal."""
    around = crop_box(region.box, image.shape)
    window = slice(around.top, around.bottom), slice(around.left, around.right)
    values, expected = image[window], reference[window]
    dark, bright = grey_ends(values)
    difference = values - expected
    largest = max(LEAST_DIFFERENCE, float(np.abs(difference).max()))
    shown = (expected - dark) / (bright - dark), (1 + difference / largest) / 2
    small = [_within(colours.to_grey(part.astype(np.float32)), COMPARED_SIDE) for part in shown]
    one, other = (Picture(jpeg_bytes(part, CROP_QUALITY), part.shape[1], part.shape[0]) for part in small)
    return one, other
