"""The training images: read once, unreadable ones named and left out, and what they have in common."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from semscan.errors import BadDataError, SemscanError
from semscan.files.layout import Layout
from semscan.files.read import read_image
from semscan.image.clean import clean
from semscan.image.resize import fit_within
from semscan.image.tiling import judged_rows, pad_to_tile
from semscan.pipeline.gallery import Gallery
from semscan.settings import CLASSIFIER_SIDE, ReadSettings


@dataclass(frozen=True, slots=True)
class TrainSet:
    """Images on tap with their labels; grey levels have this mean and deviation; `fingerprint` names the files."""

    gallery: Gallery
    labels: tuple[str | None, ...]
    mean: float
    std: float
    fingerprint: str


def open_good(layout: Layout, settings: ReadSettings, say: Callable[[str], None]) -> TrainSet:
    """The good images, at their own size, without data bars."""
    def load(path: Path) -> np.ndarray:
        return _judged(path, settings)

    return _open([(layout.good_name, path) for path in layout.good], load, say)[0]


def open_classes(layout: Layout, settings: ReadSettings, say: Callable[[str], None]) -> TrainSet:
    """All images with their class, shrunk to at most `CLASSIFIER_SIDE` and padded to one square size."""
    def shrunk(path: Path) -> np.ndarray:
        return fit_within(_judged(path, settings), CLASSIFIER_SIDE)

    named = [(layout.good_name, path) for path in layout.good]
    named += [(name, path) for name in sorted(layout.classes) for path in layout.classes[name]]
    found, longest = _open(named, shrunk, say)
    side = max(32, -(-longest // 32) * 32)
    gallery = Gallery(found.gallery.paths, lambda path: pad_to_tile(shrunk(path), side))
    return TrainSet(gallery, found.labels, found.mean, found.std, found.fingerprint)


def _judged(path, settings):
    image = clean(read_image(path, settings), settings)
    return image.values[judged_rows(image)]


def _open(named, load, say) -> tuple[TrainSet, int]:
    """Read every image once; return the set and the longest side seen."""
    kept, sums, longest, digest = [], [], 0, hashlib.sha256()
    for label, path in tqdm(named, desc="reading", unit="image", file=sys.stderr, disable=None, leave=False):
        try:
            exact = load(path).astype(np.float64)
            digest.update(os.fsencode(path.name) + hashlib.sha256(path.read_bytes()).digest())
        except SemscanError as error:
            say(f"left out: {error}")
            continue
        kept.append((label, path))
        sums.append((exact.size, exact.sum(), np.square(exact).sum()))
        longest = max(longest, *exact.shape)
    if not kept:
        raise BadDataError("none of the training images can be read; see the lines above")
    size, total, squares = np.sum(sums, axis=0)
    std = float(np.sqrt(max(squares / size - (total / size) ** 2, 1e-8)))
    gallery = Gallery([path for _, path in kept], load)
    labels = tuple(label for label, _ in kept)
    return TrainSet(gallery, labels, float(total / size), std, digest.hexdigest()[:16]), longest
