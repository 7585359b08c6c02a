"""The training images: read once, unreadable ones named and left out, and what they have in common."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from semscan.errors import BadDataError, BadImageError, SemscanError
from semscan.files.datasets.layout import Layout
from semscan.image.appearance import measure_appearance, typical_appearance
from semscan.image.brightness import brightness_varies, matched_brightness
from semscan.image.resize import Scale, fit_within, zoom_between, zoomed
from semscan.pipeline.training.data.image_cache import ImageCache
from semscan.pipeline.training.data.reader import ClassifierReader, TrainingReader, near_zoom, read_judged_rows
from semscan.pipeline.training.repeat_deviation import spread_out
from semscan.pipeline.training.workload import classifier_side
from semscan.reference.cell.compare import find_image_lattice
from semscan.settings import AUTO, CLASSIFIER_SIDE, LONG_PITCH, MATCH, UNKNOWN, ReadSettings
from semscan.values import CleanImage
from semscan.values.model.config import Preprocessing

MEASURED = 200  # images whose appearance is measured
Log = Callable[[str], None]
Named = Sequence[tuple[str | None, Path]]


@dataclass(frozen=True, slots=True)
class TrainSet:
    """The training images with their labels.

    `preprocessing` has the mean and deviation of all grey levels; `fingerprint` names the files. All images have
    the magnification of `scale`; its nm per pixel are None where not known of all. `typical` is the typical
    appearance of the (good) images, see `semscan.image.appearance`; `appearances` are the measures of each image,
    None of those that were not measured. `origins` gives for each image the first row of its file that is used, and
    how much it was enlarged. `longest` is the longest side of an image before a classifier's images are shrunk,
    pixels.
    """

    cache: ImageCache
    labels: tuple[str | None, ...]
    preprocessing: Preprocessing
    fingerprint: str
    scale: Scale
    typical: Mapping[str, Mapping[str, float]]
    appearances: tuple[dict[str, float] | None, ...]
    origins: tuple[tuple[int, float], ...]
    longest: int

    def in_file(self, number: int, row: int, col: int) -> tuple[int, int]:
        """Return the row and column of the file for a row and column of an image; 0 stays 0."""
        first, zoom = self.origins[number]
        return (round(row / zoom) + first if row else 0), round(col / zoom)


def open_good(
    layout: Layout,
    settings: ReadSettings,
    log: Log,
    zoom: float | str = AUTO,
    brightness: str = AUTO,
    progress: bool = True,
) -> TrainSet:
    """Open the good images without data bars, at one magnification, and at `zoom` times their size.

    Auto: at half their size where their pattern repeats so slowly that the network would see too few repeats of it.
    `brightness` is one of `semscan.settings.train.BRIGHTNESS`. Auto: images of one brightness where theirs varies.
    """
    named = [(layout.good_name, path) for path in layout.good]
    scan = _scan(named, settings, log, Scale(), progress=progress)
    scale, near = working_scale(scan.paths, scan.scales, settings, zoom, log)
    matched = brightness == MATCH
    if brightness == AUTO and brightness_varies([one for one in scan.appearances if one]):
        matched = True
        log(
            "The brightness or contrast of the good images varies: each image is brought to the same brightness and "
            "contrast before it is judged (--brightness keep judges them as they are)."
        )
    reader = TrainingReader(settings, scale, matched)
    if all(scale.zoom(own) == 1 for own in scan.scales):
        return scan.as_set(TrainingReader(settings, Scale(), matched), scale)
    readable = zip(scan.labels, scan.paths, near, strict=True)
    named = [(label, path) for label, path, is_near in readable if is_near]
    return _scan(named, settings, log, scale, progress=progress).as_set(reader, scale)


def working_scale(
    paths: Sequence[Path],
    scales: Sequence[float | None],
    read: ReadSettings,
    zoom: float | str,
    log: Log = lambda message: None,
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
    log : callable
    """
    share = _working_share(paths, read, log) if zoom == AUTO else float(zoom)
    known = [scale for scale in scales if scale]
    middle = float(np.median(known)) if len(known) == len(scales) else None
    near = [True] * len(paths)
    if middle and not all(zoom_between(scale, middle) == 1 for scale in known):
        log(f"The images have {min(known):.4g} to {max(known):.4g} nm per pixel; they are resampled to {middle:.4g}.")
        near = [_is_near(path, own, middle, log) for path, own in zip(paths, scales, strict=True)]
    return Scale(middle, share), near


def _working_share(paths: Sequence[Path], read: ReadSettings, log: Log) -> float:
    """Return half where the median pitch of three images is longer than `LONG_PITCH`, else 1."""
    pitches = []
    for number in spread_out(len(paths))[:3]:
        values = read_judged_rows(paths[number], read).values
        lattice = find_image_lattice(CleanImage(values, np.ones(values.shape, bool)))
        pitches.append(min(lattice.pitch_px) if lattice.found else 0.0)
    pitch = float(np.median(pitches))
    if pitch <= LONG_PITCH:
        return 1.0
    log(
        f"The pattern repeats every {pitch:.0f} px: images are judged at half their size, so that the network sees "
        "enough of it (--zoom 1 keeps their size, for defects of a few pixels)."
    )
    return 0.5


def _is_near(path: Path, own: float | None, middle: float, log: Log) -> bool:
    try:
        near_zoom(path, own, Scale(middle))
    except BadImageError as error:
        log(f"left out: {error}")
        return False
    return True


def open_classes(layout: Layout, settings: ReadSettings, log: Log, progress: bool = True) -> TrainSet:
    """Open all images with their class, shrunk to at most `CLASSIFIER_SIDE` and padded to one square size.

    Raises
    ------
    BadDataError
        If a class has the name of regions of uncertain class, or none of the images can be read.
    """
    for name in (layout.good_name, *layout.classes):
        if name and name.casefold() == UNKNOWN:
            raise BadDataError(
                f"class folder {name!r}: this name is reserved for regions of uncertain class; rename the folder"
            )
    named: list[tuple[str | None, Path]] = [(layout.good_name, path) for path in layout.good]
    named += [(name, path) for name in sorted(layout.classes) for path in layout.classes[name]]
    scan = _scan(named, settings, log, Scale(), CLASSIFIER_SIDE, progress)
    scales = set(scan.scales)
    only = next(iter(scales)) if len(scales) == 1 else None
    reader = ClassifierReader(settings, classifier_side(scan.longest))
    return scan.as_set(reader, Scale(only), typical_of=layout.good_name)


@dataclass(slots=True)
class _Scan:
    """The results of one pass over the files, image by image."""

    labels: list[str | None] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    scales: list[float | None] = field(default_factory=list)
    sums: list[tuple[int, float, float]] = field(default_factory=list)
    matched_sums: list[tuple[int, float, float]] = field(default_factory=list)
    appearances: list[dict[str, float] | None] = field(default_factory=list)
    origins: list[tuple[int, float]] = field(default_factory=list)
    shapes: list[tuple[int, int]] = field(default_factory=list)
    longest: int = 0
    fingerprint: str = ""

    def as_set(
        self, reader: TrainingReader | ClassifierReader, scale: Scale, typical_of: str | None = None
    ) -> TrainSet:
        """Join the results; the typical appearance is that of the images labelled `typical_of`, by default of all."""
        matched = isinstance(reader, TrainingReader) and reader.matched
        size, total, squares = np.sum(self.matched_sums if matched else self.sums, axis=0)
        std = float(np.sqrt(max(squares / size - (total / size) ** 2, 1e-8)))
        measured = [one for one in self.appearances if one]
        labelled = zip(self.appearances, self.labels, strict=True)
        chosen = [one for one, label in labelled if one and label == typical_of]
        # a classifier's images are padded to one size: nothing of them is masked, and their own shapes do not count
        if isinstance(reader, TrainingReader):
            cache = ImageCache(self.paths, reader.values, ignored_mask=reader.ignored_mask, shapes=self.shapes)
        else:
            cache = ImageCache(self.paths, reader.values)
        return TrainSet(
            cache=cache,
            labels=tuple(self.labels),
            preprocessing=Preprocessing(float(total / size), std, matched),
            fingerprint=self.fingerprint,
            scale=scale,
            typical=typical_appearance(chosen or measured),
            appearances=tuple(self.appearances),
            origins=tuple(self.origins),
            longest=self.longest,
        )


def _scan(
    named: Named, read: ReadSettings, log: Log, scale: Scale, side: int | None = None, progress: bool = True
) -> _Scan:
    """Read every image once, at `scale` and shrunk to `side` where these are given."""
    scan, digest = _Scan(), hashlib.sha256()
    step = -(-len(named) // MEASURED)
    for place, (label, path) in enumerate(_with_bar(named, progress)):
        try:
            rows = read_judged_rows(path, read)
            digest.update(os.fsencode(path.name) + hashlib.sha256(path.read_bytes()).digest())
        except SemscanError as error:
            log(f"left out: {error}")
            continue
        zoom = scale.zoom(rows.nm_per_pixel)
        values = zoomed(rows.values, zoom)
        scan.origins.append((rows.first_row, zoom))
        scan.appearances.append(measure_appearance(values) if place % step == 0 else None)
        scan.longest = max(scan.longest, *values.shape)
        values = fit_within(values, side) if side else values
        scan.labels.append(label)
        scan.paths.append(path)
        scan.scales.append(rows.nm_per_pixel)
        scan.sums.append((values.size, *_moments(values)))
        if side is None:  # a classifier's images are never matched
            scan.matched_sums.append((values.size, *_moments(matched_brightness(values))))
        scan.shapes.append(values.shape)
    if not scan.paths:
        raise BadDataError("none of the training images can be read; see the lines above")
    scan.fingerprint = digest.hexdigest()[:16]
    return scan


def _with_bar(named: Named, progress: bool) -> Iterator[tuple[str | None, Path]]:
    hidden = None if progress else True  # None: hidden where standard error is not a terminal
    yield from tqdm(named, desc="reading", unit="image", file=sys.stderr, disable=hidden, leave=False)


def _moments(values: np.ndarray) -> tuple[float, float]:
    exact = values.astype(np.float64)
    return exact.sum(), np.square(exact, out=exact).sum()
