"""The few labelled images next to many good ones: where their defects are, and how training can use them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from semscan.errors import SemscanError
from semscan.files.datasets.labelled_images import read_defect_mask
from semscan.files.datasets.layout import Layout
from semscan.files.images.read import read_image
from semscan.image.clean import clean
from semscan.image.resize import zoomed
from semscan.image.tiling import judged_rows
from semscan.phrases import plural
from semscan.pipeline.training.data.examples import RealDefects
from semscan.pipeline.training.data.image_cache import ImageCache, PackedMask
from semscan.pipeline.training.data.reader import TrainingReader, near_zoom
from semscan.pipeline.training.data.review_marks import MarkedImage
from semscan.reference.cell.compare import compare_cells, find_image_lattice
from semscan.settings import IMAGE_CACHE_BYTES
from semscan.synth.painting.paste import components, inpainted
from semscan.values import CleanImage
from semscan.values.model.training import LabelledCount

MOST_SEARCHED = 60  # images without a mask in which the defect is searched for
_MARKED = 0.4  # of a pixel of a resampled mask
Log = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class LabelledDefects:
    """The defects of the labelled images. `rest` are images whose defects have no known place."""

    defects: RealDefects | None
    rest: tuple[Path, ...]
    count: LabelledCount


@dataclass(frozen=True, slots=True)
class _DefectMasks:
    """The masks of labelled images, at the scale of training.

    `files` are the mask files by image; `compared` are masks from the comparison with the image's own repeats;
    `reviewed` are the marks of a review.
    """

    reader: TrainingReader
    files: Mapping[Path, Path]
    compared: Mapping[Path, PackedMask]
    reviewed: Mapping[Path, MarkedImage]

    def mask(self, path: Path) -> np.ndarray:
        """Return where the defects of an image are, bool (rows, cols)."""
        if path in self.compared:
            return self.compared[path].unpacked()
        if path in self.reviewed:
            return _marks_at_scale(path, self.reviewed[path].defects, self.reader)
        return _mask_of_file(path, self.files[path], self.reader)

    def values(self, path: Path) -> np.ndarray:
        """Return the image, float32 (rows, cols); what a review leaves open in it is inpainted."""
        values = self.reader.values(path)
        if path not in self.reviewed:
            return values
        others = _marks_at_scale(path, self.reviewed[path].open, self.reader)
        return _without(values, others, self.mask(path)) if others.any() else values

    def mask_values(self, path: Path) -> np.ndarray:
        """Return the mask as float32, 0 or 1."""
        return self.mask(path).astype(np.float32)

    def inpainted(self, path: Path) -> np.ndarray:
        """Return the image with its defects inpainted, float32 (rows, cols)."""
        return inpainted(self.values(path), self.mask(path))


def open_labelled_defects(
    layout: Layout,
    reader: TrainingReader,
    level: float | None,
    log: Log,
    reviewed: Mapping[Path, MarkedImage] | None = None,
) -> LabelledDefects | None:
    """Find the defects of the labelled images that are not good; None if there are no such images.

    By their masks; without one, by the review; without both, by the comparison with the image's own repeats. A line
    to `log` states how each image is used.

    Parameters
    ----------
    layout : Layout
    reader : TrainingReader
        That of the good images.
    level : float or None
        A defect exceeds it in the comparison with the image's own repeats, and no good image does, in multiples
        of its threshold; None where the good images do not repeat.
    log : callable
    reviewed : mapping, optional
        The defects that a person has confirmed or drawn, by image.
    """
    paths = [path for name in sorted(layout.classes) for path in layout.classes[name]]
    own = {os.path.realpath(path): path for path in (*paths, *layout.masks)}  # a review has absolute paths
    named = {own.get(os.path.realpath(path), path): marked for path, marked in (reviewed or {}).items()}
    marks = {path: marked for path, marked in named.items() if path not in layout.masks}
    paths += [path for path in marks if path not in paths]
    if not paths:
        return None
    marked = _masks_of_files(layout.masks, reader, log)
    by_review = _usable(marks, lambda path: _marks_at_scale(path, marks[path].defects, reader), log)
    bare = [path for path in paths if path not in layout.masks and path not in marks]
    compared = {} if level is None else _masks_by_repeats(bare[:MOST_SEARCHED], reader, level, log)
    places = {
        path: components(mask.unpacked()) for path, mask in (*marked.items(), *by_review.items(), *compared.items())
    }
    defects = sum(map(len, places.values()))
    count = LabelledCount(
        images=len(paths), by_mask=len(marked) + len(by_review), by_repeats=len(compared), defects=defects
    )
    rest = tuple(path for path in bare if path not in places)
    log(labelled_sentence(count, len(rest)))
    unusable = len(layout.masks) - len(marked)
    if unusable:
        log(f"{unusable} of the masks could not be used or mark nothing: these images are not used.")
    return LabelledDefects(_caches(places, _DefectMasks(reader, layout.masks, compared, marks)), rest, count)


def _masks_of_files(masks: Mapping[Path, Path], reader: TrainingReader, log: Log) -> dict[Path, PackedMask]:
    """Return the masks that mark anything, by image; a line to `log` for each that cannot be read."""
    return _usable(masks, lambda path: _mask_of_file(path, masks[path], reader), log)


def _masks_by_repeats(paths: Iterable[Path], reader: TrainingReader, level: float, log: Log) -> dict[Path, PackedMask]:
    """Return where images differ from their own repeats, for those that do."""
    return _usable(paths, lambda path: differing(reader.values(path), level), log)


def _usable(paths: Iterable[Path], find: Callable[[Path], np.ndarray | None], log: Log) -> dict[Path, PackedMask]:
    found = {}
    for path in paths:
        try:
            mask = find(path)
        except SemscanError as error:
            log(f"left out: {error}")
            continue
        if mask is not None and mask.any():
            found[path] = PackedMask.of(mask)
    return found


def _caches(places: Mapping[Path, list[tuple[int, int, int, int]]], masks: _DefectMasks) -> RealDefects | None:
    """Return images, inpainted images and masks on demand; None without a defect."""
    numbered = tuple((number, box) for number, boxes in enumerate(places.values()) for box in boxes)
    if not numbered:
        return None
    paths, limit = list(places), IMAGE_CACHE_BYTES // 16
    return RealDefects(
        images=ImageCache(paths, masks.values, limit),
        inpainted=ImageCache(paths, masks.inpainted, limit),
        masks=ImageCache(paths, masks.mask_values, limit),
        places=numbered,
    )


def differing(values: np.ndarray, level: float) -> np.ndarray | None:
    """Find where an image differs from its own repeats by more than `level`, bool; None if it does not repeat.

    Pixels above the level grow to those above half of it, and by one more pixel.
    """
    image = CleanImage(values, np.ones(values.shape, bool))
    lattice = find_image_lattice(image)
    if not lattice.found:
        return None
    raw = compare_cells(image, lattice).raw
    wide = (raw > max(1.0, level / 2)).astype(np.uint8)
    _, numbers = cv2.connectedComponents(wide, connectivity=8)
    hot = np.unique(numbers[raw > level])
    return cv2.dilate(np.isin(numbers, hot[hot > 0]).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0


def _mask_of_file(path: Path, mask: Path, reader: TrainingReader) -> np.ndarray:
    """Read the mask of an image, for its judged rows, at the scale of training."""
    image = clean(read_image(path, reader.read), reader.read)
    return _at_scale(path, image, read_defect_mask(mask, image.values.shape), reader)


def _marks_at_scale(path: Path, marks: PackedMask, reader: TrainingReader) -> np.ndarray:
    """Return the marks of a reviewed image, for its judged rows, at the scale of training."""
    image = clean(read_image(path, reader.read), reader.read)
    return _at_scale(path, image, marks.unpacked(), reader)


def _without(values: np.ndarray, others: np.ndarray, defects: np.ndarray) -> np.ndarray:
    """Inpaint `others`, with nothing of the defects, which stay."""
    filled = inpainted(values, others | defects)
    near = cv2.dilate(others.astype(np.uint8), np.ones((11, 11), np.uint8)) > 0  # as far as inpainting reaches
    return np.where(near & ~defects, filled, values)


def _at_scale(path: Path, image: CleanImage, marks: np.ndarray, reader: TrainingReader) -> np.ndarray:
    rows = marks[judged_rows(image)].astype(np.float32)
    return zoomed(rows, near_zoom(path, image.nm_per_pixel, reader.scale)) > _MARKED


def labelled_sentence(count: LabelledCount, rest: int) -> str:
    """State in one line how the labelled images are used; `rest` counts those whose defects have no known place.

    Examples
    --------
    >>> labelled_sentence(LabelledCount(images=5, by_mask=2, by_repeats=2, defects=7), 1)[:71]
    'Of 5 labelled images, 7 defects sharpen the training: by the masks of 2'
    """
    sentence = f"Of {plural(count.images, 'labelled image')}, "
    if count.defects:
        ways = [f"by the masks of {count.by_mask}"] if count.by_mask else []
        ways += [f"where {count.by_repeats} differ from their own repeats"] if count.by_repeats else []
        sharpen = "sharpens" if count.defects == 1 else "sharpen"
        sentence += f"{plural(count.defects, 'defect')} {sharpen} the training: {' and '.join(ways)}; "
        sentence += "none is held out as a check"
    else:
        sentence += "no defect has a known place, so none is trained on"
    if rest:
        sentence += f"; {rest} without a mask or a place that stands out only check the threshold afterwards"
    return sentence + "."
