"""The training images: read once, unreadable ones named and left out, and what they have in common."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from semscan.errors import BadDataError, SemscanError
from semscan.files.layout import Layout
from semscan.files.read import read_image
from semscan.image.clean import clean
from semscan.image.drift import measure_look, usual_look
from semscan.image.patch import patched
from semscan.image.resize import fit_within, zoom_between, zoomed
from semscan.image.tiling import judged_rows, pad_to_tile
from semscan.pipeline.gallery import Gallery
from semscan.settings import CLASSIFIER_SIDE, MOST_ZOOM, ReadSettings

LOOKS = 200  # images whose look is measured
Load = Callable[[Path], np.ndarray]


@dataclass(frozen=True, slots=True)
class TrainSet:
    """Images on tap with their labels.

    Grey levels have this `mean` and deviation `std`; `fingerprint` names the files. `nm_per_pixel` is the
    scale of all, None where not known of all. `look` is what is usual in the (good) images, see
    `semscan.image.drift`; `looks` each one's measures, None of those that were not measured. `origins`: the first
    row of its file that an image on tap shows, and how much it was enlarged.
    """

    gallery: Gallery
    labels: tuple[str | None, ...]
    mean: float
    std: float
    fingerprint: str
    nm_per_pixel: float | None
    look: dict[str, dict[str, float]]
    looks: tuple[dict[str, float] | None, ...]
    origins: tuple[tuple[int, float], ...]

    def in_file(self, number: int, row: int, col: int) -> tuple[int, int]:
        """Where a row and column of an image on tap lie in its file; 0 stays 0."""
        first, zoom = self.origins[number]
        return (round(row / zoom) + first if row else 0), round(col / zoom)


def loader(read: ReadSettings, nm_per_pixel: float | None) -> Load:
    """How a training image is read: its judged rows, float32, at a scale where both are known."""

    def load(path: Path) -> np.ndarray:
        values, own, _ = _judged(path, read)
        return zoomed(values, zoom_between(own, nm_per_pixel))

    load.covered = lambda path: _covered(path, read, nm_per_pixel)  # type: ignore[attr-defined]
    return load


def open_good(layout: Layout, settings: ReadSettings, say: Callable[[str], None]) -> TrainSet:
    """The good images without data bars; at their own size, or at one scale where theirs differ."""
    named = [(layout.good_name, path) for path in layout.good]
    seen = _open(named, settings, say, None)
    scales = [scale for scale in seen.scales if scale]
    if len(scales) < len(seen.scales):
        return seen.as_set(loader(settings, None), None)
    middle = float(np.median(scales))
    if all(zoom_between(scale, middle) == 1 for scale in scales):
        return seen.as_set(loader(settings, None), middle)
    say(f"The images have {min(scales):.4g} to {max(scales):.4g} nm per pixel; they are resampled to {middle:.4g}.")
    near = [(label, path) for label, path, scale in zip(seen.labels, seen.paths, seen.scales, strict=True)
            if scale and not _too_far(path, scale, middle, say)]
    return _open(near, settings, say, middle).as_set(loader(settings, middle), middle)


def _too_far(path, scale, middle, say) -> bool:
    far = not 1 / MOST_ZOOM <= scale / middle <= MOST_ZOOM
    if far:
        say(f"left out: {path}: {scale:.4g} nm per pixel, more than {MOST_ZOOM:g} times from {middle:.4g}")
    return far


def open_classes(layout: Layout, settings: ReadSettings, say: Callable[[str], None]) -> TrainSet:
    """All images with their class, shrunk to at most `CLASSIFIER_SIDE` and padded to one square size."""
    named = [(layout.good_name, path) for path in layout.good]
    named += [(name, path) for name in sorted(layout.classes) for path in layout.classes[name]]
    seen = _open(named, settings, say, None, CLASSIFIER_SIDE, layout.good_name)
    side = max(32, -(-seen.longest // 32) * 32)
    scales = set(seen.scales)
    only = next(iter(scales)) if len(scales) == 1 else None

    def load(path: Path) -> np.ndarray:
        return pad_to_tile(fit_within(_judged(path, settings)[0], CLASSIFIER_SIDE), side)

    return seen.as_set(load, only)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one pass over the files gave."""

    labels: Sequence[str | None]
    paths: Sequence[Path]
    scales: Sequence[float | None]
    sums: Sequence[tuple[int, float, float]]
    looks: Sequence[dict[str, float] | None]
    origins: Sequence[tuple[int, float]]
    shapes: Sequence[tuple[int, int]]
    good: str | None
    longest: int
    fingerprint: str

    def as_set(self, load: Load, nm_per_pixel: float | None) -> TrainSet:
        size, total, squares = np.sum(self.sums, axis=0)
        std = float(np.sqrt(max(squares / size - (total / size) ** 2, 1e-8)))
        usual = [look for look, label in zip(self.looks, self.labels, strict=True) if look and label == self.good]
        covered = getattr(load, "covered", None)  # a classifier has none: it pads its images to one size
        gallery = Gallery(self.paths, load, covered=covered, shapes=self.shapes if covered else None)
        return TrainSet(gallery, tuple(self.labels), float(total / size), std, self.fingerprint, nm_per_pixel,
                        usual_look(usual or [look for look in self.looks if look]), tuple(self.looks),
                        tuple(self.origins))


def _judged(path, settings):
    """Values of the judged rows, ignored areas patched; nm per pixel; and the first of these rows."""
    image = clean(read_image(path, settings), settings)
    rows = judged_rows(image)
    return patched(image.values[rows], image.judged[rows]), image.nm_per_pixel, rows.start


def _covered(path, settings, nm_per_pixel):
    """Where the judged rows hold what is ignored, bool; None for nowhere."""
    if not (settings.ignore or settings.care):
        return None
    image = clean(read_image(path, settings), settings)
    judged = image.judged[judged_rows(image)].astype(np.float32)
    return zoomed(judged, zoom_between(image.nm_per_pixel, nm_per_pixel)) < 1 if not judged.all() else None


def _open(named, read, say, nm_per_pixel, side=None, good=None) -> _Seen:
    """Read every image once, at `nm_per_pixel` and shrunk to `side` where these are given."""
    kept, scales, sums, looks, origins, shapes = [], [], [], [], [], []
    longest, digest = 0, hashlib.sha256()
    step = -(-len(named) // LOOKS)
    good = good if side else (named[0][0] if named else None)
    for place, (label, path) in enumerate(
        tqdm(named, desc="reading", unit="image", file=sys.stderr, disable=None, leave=False)
    ):
        try:
            values, own, first = _judged(path, read)
            digest.update(os.fsencode(path.name) + hashlib.sha256(path.read_bytes()).digest())
        except SemscanError as error:
            say(f"left out: {error}")
            continue
        zoom = zoom_between(own, nm_per_pixel)
        values = zoomed(values, zoom)
        origins.append((first, zoom))
        looks.append(measure_look(values) if place % step == 0 else None)
        values = fit_within(values, side) if side else values
        kept.append((label, path))
        scales.append(own)
        sums.append((values.size, *_moments(values)))
        shapes.append(values.shape)
        longest = max(longest, *values.shape)
    if not kept:
        raise BadDataError("none of the training images can be read; see the lines above")
    labels, paths = zip(*kept, strict=True)
    return _Seen(labels, paths, scales, sums, looks, origins, shapes, good, longest, digest.hexdigest()[:16])


def _moments(values):
    exact = values.astype(np.float64)
    return exact.sum(), np.square(exact, out=exact).sum()
