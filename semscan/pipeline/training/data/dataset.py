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

from semscan.errors import BadDataError, BadImageError, SemscanError
from semscan.files.datasets.layout import Layout
from semscan.files.images.read import read_image
from semscan.image.appearance import measure_appearance, typical_appearance
from semscan.image.clean import clean
from semscan.image.inpaint import inpaint_ignored
from semscan.image.resize import Scale, fit_within, zoom_between, zoomed
from semscan.image.tiling import judged_rows, pad_to_tile
from semscan.pipeline.training.data.image_cache import ImageCache
from semscan.pipeline.training.repeat_deviation import spread_out
from semscan.pipeline.training.workload import classifier_side
from semscan.reference.cell.compare import find_image_lattice
from semscan.settings import AUTO, CLASSIFIER_SIDE, LONG_PITCH, MAX_ZOOM, UNKNOWN, ReadSettings
from semscan.values import CleanImage

LOOKS = 200  # images whose look is measured
Load = Callable[[Path], np.ndarray]


@dataclass(frozen=True, slots=True)
class TrainSet:
    """Images on tap with their labels.

    Grey levels have this `mean` and deviation `std`; `fingerprint` names the files. `scale` is what all
    were brought to; its nm per pixel are None where not known of all. `look` is what is usual in the (good) images, see
    `semscan.image.appearance`; `looks` each one's measures, None of those that were not measured. `origins`: the first
    row of its file that an image on tap shows, and how much it was enlarged. `longest`: the longest side of an image
    before a classifier's images are shrunk, pixels.
    """

    cache: ImageCache
    labels: tuple[str | None, ...]
    mean: float
    std: float
    fingerprint: str
    scale: Scale
    look: dict[str, dict[str, float]]
    looks: tuple[dict[str, float] | None, ...]
    origins: tuple[tuple[int, float], ...]
    longest: int

    def in_file(self, number: int, row: int, col: int) -> tuple[int, int]:
        """Where a row and column of an image on tap lie in its file; 0 stays 0."""
        first, zoom = self.origins[number]
        return (round(row / zoom) + first if row else 0), round(col / zoom)


def loader(read: ReadSettings, scale: Scale) -> Load:
    """How a training image is read: its judged rows, float32, at the scale of training."""

    def load(path: Path) -> np.ndarray:
        values, own, _ = _judged(path, read)
        return zoomed(values, near_zoom(path, own, scale))

    load.ignored_mask = lambda path: _ignored_mask(path, read, scale)  # type: ignore[attr-defined]
    return load


def near_zoom(path: Path, own: float | None, scale: Scale) -> float:
    """How much an image of `own` nm per pixel is to be enlarged for training; BadImageError if too much."""
    wanted = scale.nm_per_pixel
    if own and wanted and not 1 / MAX_ZOOM <= zoom_between(own, wanted) <= MAX_ZOOM:
        raise BadImageError(
            f"{path}: {own:.4g} nm per pixel, more than {MAX_ZOOM:g} times from {wanted:.4g}, the "
            "training images'; train a model of its own for this magnification"
        )
    return scale.zoom(own)


def open_good(
    layout: Layout, settings: ReadSettings, say: Callable[[str], None], zoom: float | str = AUTO, progress: bool = True
) -> TrainSet:
    """The good images without data bars, at one magnification, and at `zoom` times their size.

    Auto: at half their size where their pattern repeats so slowly that the network would see too few repeats of it.
    """
    named = [(layout.good_name, path) for path in layout.good]
    seen = _open(named, settings, say, Scale(), progress=progress)
    scale, near = working_scale(seen.paths, seen.scales, settings, zoom, say)
    if all(scale.zoom(own) == 1 for own in seen.scales):
        return seen.as_set(loader(settings, Scale()), scale)
    readable = zip(seen.labels, seen.paths, near, strict=True)
    named = [(label, path) for label, path, is_near in readable if is_near]
    return _open(named, settings, say, scale, progress=progress).as_set(loader(settings, scale), scale)


def working_scale(
    paths: Sequence[Path],
    scales: Sequence[float | None],
    read: ReadSettings,
    zoom: float | str,
    say: Callable[[str], None] = lambda words: None,
) -> tuple[Scale, list[bool]]:
    """Choose the size at which the autoencoder sees images, and which of them are near enough to it.

    Parameters
    ----------
    paths : sequence of Path
        Good images that can be read.
    scales : sequence of float or None
        nm per pixel of each.
    read : ReadSettings
    zoom : float or "auto"
        As in `open_good`.
    say : callable
    """
    share = _working_share(paths, read, say) if zoom == AUTO else float(zoom)
    known = [scale for scale in scales if scale]
    middle = float(np.median(known)) if len(known) == len(scales) else None
    near = [True] * len(paths)
    if middle and not all(zoom_between(scale, middle) == 1 for scale in known):
        say(f"The images have {min(known):.4g} to {max(known):.4g} nm per pixel; they are resampled to {middle:.4g}.")
        near = [_is_near(path, own, middle, say) for path, own in zip(paths, scales, strict=True)]
    return Scale(middle, share), near


def _working_share(paths: Sequence[Path], read: ReadSettings, say: Callable[[str], None]) -> float:
    """Half where the median pitch of three images is longer than `LONG_PITCH`, else 1."""
    pitches = []
    for number in spread_out(len(paths))[:3]:
        values = _judged(paths[number], read)[0]
        lattice = find_image_lattice(CleanImage(values, np.ones(values.shape, bool)))
        pitches.append(min(lattice.pitch_px) if lattice.found else 0.0)
    pitch = float(np.median(pitches))
    if pitch <= LONG_PITCH:
        return 1.0
    say(
        f"The pattern repeats every {pitch:.0f} px: images are judged at half their size, so that the network sees "
        "enough of it (--zoom 1 keeps their size, for defects of a few pixels)."
    )
    return 0.5


def _is_near(path, own, middle, say) -> bool:
    try:
        near_zoom(path, own, Scale(middle))
    except BadImageError as error:
        say(f"left out: {error}")
        return False
    return True


def open_classes(layout: Layout, settings: ReadSettings, say: Callable[[str], None], progress: bool = True) -> TrainSet:
    """All images with their class, shrunk to at most `CLASSIFIER_SIDE` and padded to one square size.

    Raises
    ------
    BadDataError
        If a class has the name of those that are none, or none of the images can be read.
    """
    for name in (layout.good_name, *layout.classes):
        if name and name.casefold() == UNKNOWN:
            raise BadDataError(f"the class folder {name!r} is called as regions are whose class is not sure; rename it")
    named = [(layout.good_name, path) for path in layout.good]
    named += [(name, path) for name in sorted(layout.classes) for path in layout.classes[name]]
    seen = _open(named, settings, say, Scale(), CLASSIFIER_SIDE, layout.good_name, progress)
    side = classifier_side(seen.longest)
    scales = set(seen.scales)
    only = next(iter(scales)) if len(scales) == 1 else None

    def load(path: Path) -> np.ndarray:
        return pad_to_tile(fit_within(_judged(path, settings)[0], CLASSIFIER_SIDE), side)

    return seen.as_set(load, Scale(only))


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

    def as_set(self, load: Load, scale: Scale) -> TrainSet:
        size, total, squares = np.sum(self.sums, axis=0)
        std = float(np.sqrt(max(squares / size - (total / size) ** 2, 1e-8)))
        usual = [look for look, label in zip(self.looks, self.labels, strict=True) if look and label == self.good]
        ignored_mask = getattr(load, "ignored_mask", None)  # a classifier has none: it pads its images to one size
        cache = ImageCache(self.paths, load, ignored_mask=ignored_mask, shapes=self.shapes if ignored_mask else None)
        return TrainSet(
            cache,
            tuple(self.labels),
            float(total / size),
            std,
            self.fingerprint,
            scale,
            typical_appearance(usual or [look for look in self.looks if look]),
            tuple(self.looks),
            tuple(self.origins),
            self.longest,
        )


def _judged(path, settings):
    """Values of the judged rows, ignored areas patched; nm per pixel; and the first of these rows."""
    image = clean(read_image(path, settings), settings)
    rows = judged_rows(image)
    return inpaint_ignored(image.values[rows], image.judged[rows]), image.nm_per_pixel, rows.start


def _ignored_mask(path, settings, scale):
    """Where the judged rows hold what is ignored, bool; None for nowhere."""
    if not (settings.ignore or settings.care):
        return None
    image = clean(read_image(path, settings), settings)
    judged = image.judged[judged_rows(image)].astype(np.float32)
    return zoomed(judged, scale.zoom(image.nm_per_pixel)) < 1 if not judged.all() else None


def _open(named, read, say, scale, side=None, good=None, progress=True) -> _Seen:
    """Read every image once, at `scale` and shrunk to `side` where these are given."""
    kept, scales, sums, looks, origins, shapes = [], [], [], [], [], []
    longest, digest = 0, hashlib.sha256()
    step = -(-len(named) // LOOKS)
    good = good if side else (named[0][0] if named else None)
    for place, (label, path) in enumerate(
        tqdm(named, desc="reading", unit="image", file=sys.stderr, disable=None if progress else True, leave=False)
    ):
        try:
            values, own, first = _judged(path, read)
            digest.update(os.fsencode(path.name) + hashlib.sha256(path.read_bytes()).digest())
        except SemscanError as error:
            say(f"left out: {error}")
            continue
        zoom = scale.zoom(own)
        values = zoomed(values, zoom)
        origins.append((first, zoom))
        looks.append(measure_appearance(values) if place % step == 0 else None)
        longest = max(longest, *values.shape)
        values = fit_within(values, side) if side else values
        kept.append((label, path))
        scales.append(own)
        sums.append((values.size, *_moments(values)))
        shapes.append(values.shape)
    if not kept:
        raise BadDataError("none of the training images can be read; see the lines above")
    labels, paths = zip(*kept, strict=True)
    return _Seen(labels, paths, scales, sums, looks, origins, shapes, good, longest, digest.hexdigest()[:16])


def _moments(values):
    exact = values.astype(np.float64)
    return exact.sum(), np.square(exact, out=exact).sum()
