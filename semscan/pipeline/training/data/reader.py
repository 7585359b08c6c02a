"""How a training image becomes values: its judged rows, small ignored areas inpainted, at the scale of training."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semscan.errors import BadImageError
from semscan.files.images.read import read_image
from semscan.image.brightness import matched_brightness
from semscan.image.clean import clean
from semscan.image.filling.inpaint import inpaint_ignored
from semscan.image.resize import Scale, fit_within, zoom_between, zoomed
from semscan.image.tiling import judged_rows, pad_to_tile
from semscan.settings import CLASSIFIER_SIDE, MAX_ZOOM, ReadSettings


@dataclass(frozen=True, slots=True)
class JudgedRows:
    """The rows of a file that training may use.

    `values` is float32 (rows, cols), black 0 to white 1; `first_row` is their first row in the file. `nm_per_pixel`
    is None where it is not known.
    """

    values: np.ndarray
    nm_per_pixel: float | None
    first_row: int


def read_judged_rows(path: Path, read: ReadSettings) -> JudgedRows:
    """Read the judged rows of an image at its own size; raises BadImageError if it cannot be read."""
    image = clean(read_image(path, read), read)
    rows = judged_rows(image)
    return JudgedRows(inpaint_ignored(image.values[rows], image.judged[rows]), image.nm_per_pixel, rows.start)


def near_zoom(path: Path, own: float | None, scale: Scale) -> float:
    """Return how much to enlarge an image of `own` nm per pixel for training; raises BadImageError if too much."""
    wanted = scale.nm_per_pixel
    if own and wanted and not 1 / MAX_ZOOM <= zoom_between(own, wanted) <= MAX_ZOOM:
        raise BadImageError(
            f"{path}: {own:.4g} nm per pixel, more than {MAX_ZOOM:g} times from {wanted:.4g}, the "
            "training images'; train a model of its own for this magnification"
        )
    return scale.zoom(own)


@dataclass(frozen=True, slots=True)
class TrainingReader:
    """Reads good images for the autoencoder, at the `scale` of training.

    With `matched`, all have one brightness and contrast.
    """

    read: ReadSettings
    scale: Scale
    matched: bool = False

    def values(self, path: Path) -> np.ndarray:
        """Return the judged rows, float32 (rows, cols); raises BadImageError if the file cannot be used."""
        rows = read_judged_rows(path, self.read)
        values = zoomed(rows.values, near_zoom(path, rows.nm_per_pixel, self.scale))
        return matched_brightness(values) if self.matched else values

    def ignored_mask(self, path: Path) -> np.ndarray | None:
        """Return where the judged rows hold ignored pixels, bool (rows, cols); None for nowhere."""
        if not (self.read.ignore or self.read.care):
            return None
        image = clean(read_image(path, self.read), self.read)
        judged = image.judged[judged_rows(image)].astype(np.float32)
        if judged.all():
            return None
        return zoomed(judged, self.scale.zoom(image.nm_per_pixel)) < 1


@dataclass(frozen=True, slots=True)
class ClassifierReader:
    """Reads images for a classifier: shrunk to at most `CLASSIFIER_SIDE`, and mirrored to fill a square of `side`."""

    read: ReadSettings
    side: int

    def values(self, path: Path) -> np.ndarray:
        """Return the judged rows, float32 (side, side); raises BadImageError if the file cannot be read."""
        return pad_to_tile(fit_within(read_judged_rows(path, self.read).values, CLASSIFIER_SIDE), self.side)
