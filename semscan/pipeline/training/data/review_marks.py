"""What the reviews of one image say of its pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from semscan.files.datasets.reviewed import ReviewedImage
from semscan.files.results.finished_run import FinishedRun
from semscan.files.results.review import HARMLESS, REAL
from semscan.pipeline.reviewed.pixels import drawn_defects, region_masks
from semscan.pipeline.training.data.image_cache import PackedMask
from semscan.synth.painting.paste import components
from semscan.values import Box

NOTHING, OPEN, NORMAL, CONFIRMED, DRAWN = range(5)
VALUES = {REAL: CONFIRMED, HARMLESS: NORMAL}
Reviews = Sequence[tuple[FinishedRun, ReviewedImage]]


@dataclass(frozen=True, slots=True)
class MarkedImage:
    """Where the defects of a reviewed image are, and what else was found in it: of both, the pixels of its file.

    `harmless` are the boxes of its harmless regions, `others` those of all that is not known to be normal. `real` and
    `missed` count the confirmed and the drawn defects.
    """

    defects: PackedMask
    open: PackedMask
    harmless: tuple[Box, ...]
    others: tuple[Box, ...]
    real: int
    missed: int

    @property
    def unknown(self) -> PackedMask:
        """All that is not known to be normal: defects, and regions that nobody has decided about or is sure of."""
        return PackedMask(self.defects.bits | self.open.bits, self.open.shape)

    @property
    def has_defects(self) -> bool:
        """True if any pixel is marked as a defect."""
        return bool(self.defects.bits.any())


def mark_image(reviews: Reviews) -> MarkedImage:
    """Mark what the reviews of an image say, one inspection after the other.

    A later decision about a place outweighs an earlier one; a region that is not decided outweighs none.

    Parameters
    ----------
    reviews : sequence of (FinishedRun, ReviewedImage)
        Of the same image, of equal size. The pixels of a region whose mask is gone are those of its box.
    """
    record = reviews[0][1].record
    marks = np.full((record.height, record.width), NOTHING, np.uint8)
    harmless: list[tuple[Box, np.ndarray | None]] = []
    for finished, image in reviews:
        masks = region_masks(finished, image.record)
        for region in image.record.regions:
            value = VALUES.get(image.verdict_of(region) or "", OPEN)
            _mark(marks, region.box, masks.get(region.id), value)
            if value == NORMAL:
                harmless.append((region.box, masks.get(region.id)))
        for drawn in drawn_defects(image):
            _mark(marks, drawn.box, drawn.inside, DRAWN)
    unknown = (marks == OPEN) | (marks >= CONFIRMED)
    return MarkedImage(
        defects=PackedMask.of(marks >= CONFIRMED),
        open=PackedMask.of(marks == OPEN),
        harmless=tuple(box for box, inside in harmless if _is_normal(marks, box, inside)),
        others=tuple(Box(*corners) for corners in components(unknown, least=1)),
        real=len(components(marks == CONFIRMED, least=1)),
        missed=len(components(marks == DRAWN, least=1)),
    )


def _mark(marks: np.ndarray, box: Box, inside: np.ndarray | None, value: int) -> None:
    window = marks[box.top : box.bottom, box.left : box.right]
    where = np.ones(window.shape, bool) if inside is None else inside
    window[where & (window == NOTHING) if value == OPEN else where] = value


def _is_normal(marks: np.ndarray, box: Box, inside: np.ndarray | None) -> bool:
    """Return whether a harmless region still is, after later decisions."""
    window = marks[box.top : box.bottom, box.left : box.right]
    own = window if inside is None else window[inside]
    return bool(own.size) and bool(np.mean(own == NORMAL) > 0.5)
