"""Which part of the good images is trained on, which is held out, and how a patch is cut out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from semscan.image.tiling import pad_to_tile
from semscan.phrases import plural
from semscan.pipeline.training.data.image_cache import ImageCache, ImageSource

TRIES = 15  # corners tried for a patch of an image that is ignored in part
EDGE = 8  # a patch may be drawn this part of its side beyond the edge of an image


@dataclass(frozen=True, slots=True)
class TrainPart:
    """The part of one image that training may see: image number, rows and columns from the top left."""

    number: int
    rows: int
    cols: int


class HeldPart(NamedTuple):
    """The part of one image that is held out: image number, first row and first column; it ends bottom right."""

    number: int
    row: int
    col: int


@dataclass(frozen=True, slots=True)
class Split:
    """What is trained on, what is held out for calibration, and a `description` of the latter in words."""

    parts: tuple[TrainPart, ...]
    held: tuple[HeldPart, ...]
    description: str


def split_good(
    cache: ImageCache, *, share: float, few: int, seed: int, originals: Sequence[int] | None = None
) -> Split:
    """Hold out whole images, or with fewer than `few` the far end of each image's longer side.

    `share` is the share to hold out, 0 to 1; at most 40 images are held out, at least 2. `originals` are the images
    that are no copies of others, which are left out; by default all.
    """
    originals = range(len(cache)) if originals is None else originals
    count, copies = len(originals), len(cache) - len(originals)
    without = f", without {plural(copies, 'copy', 'copies')} of others" if copies else ""
    if count >= few:
        order = np.array(originals)[np.random.default_rng([seed, 99]).permutation(count)]
        back = min(40, max(2, round(count * share)))
        held = tuple(HeldPart(int(n), 0, 0) for n in sorted(order[:back]))
        whole = tuple(TrainPart(int(n), *cache.shape(int(n))) for n in sorted(order[back:]))
        return Split(whole, held, f"{back} of {count} good images{without}")
    parts: list[TrainPart] = []
    ends: list[HeldPart] = []
    for number in originals:
        rows, cols = cache.shape(number)
        long_cols = cols >= rows
        at = _cut(cols if long_cols else rows, cache.ignored_mask(number), int(long_cols), share)
        keep = (rows, at) if long_cols else (at, cols)
        parts.append(TrainPart(number, *keep))
        ends.append(HeldPart(number, 0, keep[1]) if long_cols else HeldPart(number, keep[0], 0))
    images = "the good image" if count == 1 else f"each of the {count} good images"
    return Split(tuple(parts), tuple(ends), f"{share:.0%} of {images}{without}")


def _cut(length: int, ignored_mask: np.ndarray | None, axis: int, share: float) -> int:
    """Return where the held-out end begins along an axis, so that it has this share of what is not ignored."""
    if ignored_mask is None or ignored_mask.all():
        return round(length * (1 - share))
    seen = np.cumsum((~ignored_mask).sum(axis=1 - axis))
    return int(np.clip(np.searchsorted(seen, seen[-1] * (1 - share)) + 1, 1, max(1, length - 1)))


def tile_for(split: Split, largest: int) -> int:
    """Return the side of the training patch: `largest`, or what half of the images can fill; 32 divides it."""
    side = int(np.median([min(part.rows, part.cols) for part in split.parts]))
    return max(32, min(largest, side // 32 * 32))


def crop(cache: ImageSource, split: Split, tile: int, rng: np.random.Generator) -> np.ndarray:
    """Cut a random training patch, float32 (tile, tile); images smaller than it are mirrored at the edge."""
    part = split.parts[rng.integers(len(split.parts))]
    values = cache[part.number][: part.rows, : part.cols]
    row, col = _corner(values.shape, tile, rng)
    ignored_mask = cache.ignored_mask(part.number)
    if ignored_mask is not None:  # of several corners, the one whose patch is ignored least
        corners = [(row, col), *(_corner(values.shape, tile, rng) for _ in range(TRIES))]
        row, col = min(corners, key=lambda at: ignored_mask[at[0] : at[0] + tile, at[1] : at[1] + tile].sum())
    return pad_to_tile(values[row : row + tile, col : col + tile].astype(np.float32), tile)


def _corner(shape: tuple[int, ...], tile: int, rng: np.random.Generator) -> tuple[int, int]:
    row, col = (_start(length, tile, rng) for length in shape)
    return row, col


def _start(length: int, tile: int, rng: np.random.Generator) -> int:
    """Draw where a patch begins along one side of an image.

    Patches that would begin outside of the image begin at its edge. So the edge, where borders and shadows lie, is
    drawn more often than once in the length of the image.
    """
    beyond = tile // EDGE
    return int(np.clip(rng.integers(-beyond, max(1, length - tile + 1) + beyond), 0, max(0, length - tile)))


def looks_alike_turned(cache: ImageCache, numbers: Sequence[int]) -> bool:
    """Return whether images have about as much detail across rows as across columns, so that turns are safe."""
    ratios = []
    for number in list(numbers)[:16]:
        values = cache[number].astype(np.float32)
        down, across = (float(np.abs(np.diff(cv2.GaussianBlur(values, (0, 0), 1.5), axis=k)).mean()) for k in (0, 1))
        ratios.append(np.log((down + 1e-6) / (across + 1e-6)))
    return abs(float(np.mean(ratios))) < 0.25
