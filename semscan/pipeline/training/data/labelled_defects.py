"""The few labelled images beside many good ones: where their defects are, and what can be made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from semscan.errors import SemscanError
from semscan.files.datasets.labelled_images import read_defect_mask
from semscan.files.datasets.layout import Layout
from semscan.files.images.read import read_image
from semscan.image.clean import clean
from semscan.image.resize import Scale, zoomed
from semscan.image.tiling import judged_rows
from semscan.pipeline.training.data.dataset import Load, loader, near_zoom
from semscan.pipeline.training.data.examples import RealDefects
from semscan.pipeline.training.data.image_cache import ImageCache
from semscan.reference.cell.compare import compare_cells, find_image_lattice
from semscan.settings import IMAGE_CACHE_BYTES, ReadSettings
from semscan.synth.painting.paste import components, inpainted
from semscan.values import CleanImage

MOST_SEARCHED = 60  # images without a mask in which the place of the defect is looked for
_COVERED = 0.4  # of a pixel of a resampled mask
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class LabelledDefects:
    """What the labelled images gave. `rest` are those whose defects have no known place; `used` goes on record."""

    defects: RealDefects | None
    rest: tuple[Path, ...]
    used: dict[str, int]


def open_labelled_defects(
    layout: Layout, read: ReadSettings, scale: Scale, level: float | None, say: Say
) -> LabelledDefects | None:
    """Find the defects of the labelled images that are not good; None if there are no such images.

    By their masks; without one, by the comparison with the image's own repeats. Says what was used how.

    Parameters
    ----------
    layout : Layout
    read : ReadSettings
    scale : Scale
        That of training.
    level : float or None
        What a defect exceeds in the comparison with the image's own repeats and no good image does, in multiples
        of its threshold; None where the good images do not repeat.
    say : callable
    """
    paths = [path for name in sorted(layout.classes) for path in layout.classes[name]]
    if not paths:
        return None
    load = loader(read, scale)
    places, kept = {}, {}
    for path in layout.masks:
        marks = _or_said(partial(_marks, path, layout.masks[path], read, scale), say)
        if marks is not None and marks.any():
            places[path] = components(marks)
    masked = len(places)
    bare = [path for path in paths if path not in layout.masks]
    for path in bare[:MOST_SEARCHED] if level is not None else ():
        marks = _or_said(partial(_differing_file, load, path, level or 0.0), say)
        if marks is not None and marks.any():
            places[path], kept[path] = components(marks), (np.packbits(marks), marks.shape)

    def marks_of(path: Path) -> np.ndarray:
        if path in kept:
            bits, shape = kept[path]
            return np.unpackbits(bits, count=shape[0] * shape[1]).reshape(shape).astype(bool)
        return _marks(path, layout.masks[path], read, scale)

    used = {"images": len(paths), "by_mask": masked, "by_repeats": len(kept), "defects": sum(map(len, places.values()))}
    rest = tuple(path for path in paths if path not in places and path not in layout.masks)
    _tell(used, len(rest), len(layout.masks) - masked, say)
    numbered = tuple((n, box) for n, boxes in enumerate(places.values()) for box in boxes)
    if not numbered:
        return LabelledDefects(None, rest, used)
    loads = (load, lambda path: inpainted(load(path), marks_of(path)), lambda path: marks_of(path).astype(np.float32))
    images, whole, masks = (ImageCache(list(places), one, IMAGE_CACHE_BYTES // 16) for one in loads)
    return LabelledDefects(RealDefects(images, whole, masks, numbered), rest, used)


def differing(values: np.ndarray, level: float) -> np.ndarray | None:
    """Where an image differs from its own repeats by more than `level`, bool; None if it does not repeat.

    What exceeds the level grows down to half of it, and by a pixel.
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


def _differing_file(load: Load, path: Path, level: float) -> np.ndarray | None:
    return differing(load(path), level)


def _or_said(act: Callable[[], np.ndarray | None], say: Say) -> np.ndarray | None:
    try:
        return act()
    except SemscanError as error:
        say(f"left out: {error}")
        return None


def _marks(path: Path, mask: Path, read: ReadSettings, scale: Scale) -> np.ndarray:
    """The mask of an image, for its judged rows, at the scale of training."""
    image = clean(read_image(path, read), read)
    marks = read_defect_mask(mask, image.values.shape)[judged_rows(image)]
    return zoomed(marks.astype(np.float32), near_zoom(path, image.nm_per_pixel, scale)) > _COVERED


def _tell(used: dict[str, int], rest: int, failed: int, say: Say) -> None:
    say(labelled_sentence(used, rest))
    if failed:
        say(f"{failed} of the masks could not be used or mark nothing: these images are not used.")


def labelled_sentence(used: dict[str, int], rest: int) -> str:
    """How the labelled images are used, as one line.

    Examples
    --------
    >>> labelled_sentence({"images": 5, "by_mask": 2, "by_repeats": 2, "defects": 7}, 1)[:71]
    'Of 5 labelled images, 7 defects sharpen the training: by the masks of 2'
    """
    said = f"Of {used['images']} labelled images, "
    if used["defects"]:
        ways = [f"by the masks of {used['by_mask']}"] if used["by_mask"] else []
        ways += [f"where {used['by_repeats']} differ from their own repeats"] if used["by_repeats"] else []
        said += f"{used['defects']} defects sharpen the training: {' and '.join(ways)}; none is held back as a check"
    else:
        said += "no defect has a known place, so none is trained on"
    if rest:
        said += f"; {rest} without a mask or a place that stands out only check 0.5 afterwards"
    return said + "."
