"""Paint known defects into good images and let the method score them, as inspect would."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from semscan.errors import BadImageError
from semscan.files.images.read import read_image
from semscan.files.models.folder import ModelFolder
from semscan.image.clean import clean
from semscan.pipeline.methods.base import Method
from semscan.pipeline.methods.model import ModelMethod
from semscan.pipeline.training.calibration import GoodPart
from semscan.runtime.devices import AUTO
from semscan.settings import ReadSettings
from semscan.synth.painting.known import KnownDefect, paint_known
from semscan.values import CleanImage
from semscan.values.detection import TriedDefect

WANTED = 240  # defects: one in a hundred less or more found changes little
MOST_IN_ONE = 12  # defects in an image at a time
MOST_IMAGES = 24
ROUNDS = 8
PIXELS = 24_000_000  # scored at most: about half a minute of two cores
ROOM = 80  # px, the side of the square that one defect takes up, with its distance to others
SEED = 4100


@dataclass(frozen=True, slots=True)
class GoodArea:
    """A good image, and the first row and column of the part of it that may be painted into.

    `judged` is bool (rows, cols) where the method could not judge all judged pixels of the image.
    """

    image: CleanImage
    row: int = 0
    col: int = 0
    judged: np.ndarray | None = None

    @property
    def paintable(self) -> np.ndarray:
        """Where defects may be painted, bool (rows, cols)."""
        area = (self.image.judged if self.judged is None else self.judged).copy()
        area[: self.row] = False
        area[:, : self.col] = False
        return area


def try_painted(
    method: Method, areas: Sequence[GoodArea], *, seed: int = 0, wanted: int = WANTED
) -> tuple[TriedDefect, ...]:
    """Paint defects into good images and score them.

    Parameters
    ----------
    method : Method
        With a threshold.
    areas : sequence of GoodArea
        Not trained on. One image after the other is painted into, in several rounds where there are few.
    seed : int
        The same seed and images give the same defects.
    wanted : int
        Number of defects after which no further image is painted into.

    Returns
    -------
    tuple of TriedDefect
        Empty without a threshold or without room.
    """
    threshold = method.raw_threshold
    if threshold is None:
        return ()
    enlarge = method.provenance.enlarge
    tried: list[TriedDefect] = []
    before: dict[int, np.ndarray] = {}
    pixels = 0
    for number in range(ROUNDS * len(areas)):
        place = number % len(areas)
        area = areas[place]
        paintable = area.paintable
        count = min(MOST_IN_ONE, max(1, round(float(paintable.sum()) / (ROOM * enlarge) ** 2)))
        rng = np.random.default_rng([seed, SEED, number])
        painted, defects = paint_known(area.image.values, paintable, rng, count=count, enlarge=enlarge)
        if defects:
            try:
                if place not in before:
                    before[place] = method(area.image).raw
                raw = method(replace(area.image, values=painted)).raw
            except BadImageError:  # a method without training cannot judge every image
                continue
            tried += [_tried(defect, raw, before[place], threshold) for defect in defects]
        pixels += area.image.values.size
        if len(tried) >= wanted or pixels > PIXELS:
            break
    return tuple(tried)


def try_in_files(
    folder: ModelFolder, parts: Sequence[GoodPart], read: ReadSettings, seed: int, device: str = AUTO
) -> tuple[TriedDefect, ...]:
    """Paint defects into good images on disk and see which the model finds at its threshold; see `try_painted`.

    Parameters
    ----------
    folder : ModelFolder
        With a calibration.
    parts : sequence of GoodPart
        Evenly chosen ones are read, not more than `MOST_IMAGES`.
    read : ReadSettings
    seed : int
    device : str
        See `semscan.runtime.devices.choose_device`.
    """
    if folder.config.calibration.raw_threshold is None:
        return ()
    chosen = parts[:: -(-len(parts) // MOST_IMAGES) or 1]
    areas = [GoodArea(clean(read_image(part.path, read), read), part.row, part.col) for part in chosen]
    return try_painted(ModelMethod(folder, device=device), areas, seed=seed)


def at_threshold(tried: Iterable[TriedDefect], multiple: float) -> tuple[TriedDefect, ...]:
    """Return the same defects for a threshold that is `multiple` times as high."""
    return tuple(replace(one, peak=one.peak / multiple, before=one.before / multiple) for one in tried)


def _tried(defect: KnownDefect, raw: np.ndarray, before: np.ndarray, threshold: float) -> TriedDefect:
    peaks = [float(found[defect.window][defect.mask].max()) / threshold for found in (raw, before)]
    return TriedDefect(defect.kind, defect.size_px, defect.contrast, *peaks)
