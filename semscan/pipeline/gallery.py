"""Good images on tap for training: read once while they fit in memory, read again when they do not."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import cv2
import numpy as np

from semscan.image.tiling import pad_to_tile
from semscan.settings import GALLERY_BYTES

TRIES = 15  # places looked at for a patch of an image that is covered in part


class Gallery:
    """Judged pixels of images by number, held as float16 up to a limit of bytes.

    Parameters
    ----------
    paths : sequence of Path
    load : callable
        ``load(path)`` gives float32 values, shape (rows, cols), about 0 to 1.
    limit : int
        Bytes held at once; the image used longest ago goes first.
    covered : callable, optional
        ``covered(path)`` gives where training should see nothing of an image, bool (rows, cols), or None.
    shapes : sequence of (int, int), optional
        Rows and columns of each image where they are known, so that asking for them reads no file.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        load: Callable[[Path], np.ndarray],
        limit: int = GALLERY_BYTES,
        covered: Callable[[Path], np.ndarray | None] | None = None,
        shapes: Sequence[tuple[int, int]] | None = None,
    ):
        self.paths, self._load, self._limit = list(paths), load, limit
        self._covered, self._packed = covered, dict[int, tuple[np.ndarray, tuple[int, ...]] | None]()
        self._held: OrderedDict[int, np.ndarray] = OrderedDict()
        self._bytes, self._lock, self._shapes = 0, Lock(), shapes

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, number: int) -> np.ndarray:
        """Float16 values of image `number`."""
        with self._lock:
            if number in self._held:
                self._held.move_to_end(number)
                return self._held[number]
            values = self._load(self.paths[number]).astype(np.float16)
            self._held[number] = values
            self._bytes += values.nbytes
            while self._bytes > self._limit and len(self._held) > 1:
                self._bytes -= self._held.popitem(last=False)[1].nbytes
            return values

    def shape(self, number: int) -> tuple[int, int]:
        """Rows and columns of image `number`."""
        rows, cols = self._shapes[number] if self._shapes is not None else self[number].shape
        return int(rows), int(cols)

    def covered(self, number: int) -> np.ndarray | None:
        """Where training should see nothing of image `number`, bool (rows, cols); None for nowhere."""
        if self._covered is None:
            return None
        if number not in self._packed:
            mask = self._covered(self.paths[number])
            self._packed[number] = None if mask is None else (np.packbits(mask), mask.shape)
        packed = self._packed[number]
        if packed is None:
            return None
        bits, (rows, cols) = packed
        return np.unpackbits(bits, count=rows * cols).reshape(rows, cols).astype(bool)


@dataclass(frozen=True, slots=True)
class Share:
    """The part of one image that training may see: image number, rows and columns from the top left."""

    number: int
    rows: int
    cols: int


@dataclass(frozen=True, slots=True)
class Split:
    """What is trained on and what is held back for calibration.

    `held` gives for each held-back image its number and the first row and column that count.
    """

    shares: tuple[Share, ...]
    held: tuple[tuple[int, int, int], ...]
    said: str


def split_good(gallery: Gallery, *, share: float, few: int, seed: int) -> Split:
    """Hold back whole images, or with fewer than `few` the far end of each image's longer side."""
    count = len(gallery)
    if count >= few:
        order = np.random.default_rng([seed, 99]).permutation(count)
        back = min(40, max(2, round(count * share)))
        held = tuple((int(n), 0, 0) for n in sorted(order[:back]))
        shares = tuple(Share(int(n), *gallery.shape(int(n))) for n in sorted(order[back:]))
        return Split(shares, held, f"{back} of {count} good images held back")
    parts, ends = [], []
    for number in range(count):
        rows, cols = gallery.shape(number)
        long_cols = cols >= rows
        keep = (rows, round(cols * (1 - share))) if long_cols else (round(rows * (1 - share)), cols)
        parts.append(Share(number, *keep))
        ends.append((number, 0, keep[1]) if long_cols else (number, keep[0], 0))
    images = "the good image" if count == 1 else f"each of the {count} good images"
    return Split(tuple(parts), tuple(ends), f"{share:.0%} of {images} held back")


def tile_for(split: Split, largest: int) -> int:
    """Side of the training patch: `largest`, or what the smaller half of the images can fill; 32 divides it."""
    side = int(np.median([min(part.rows, part.cols) for part in split.shares]))
    return max(32, min(largest, side // 32 * 32))


def crop(gallery: Gallery, split: Split, tile: int, rng: np.random.Generator) -> np.ndarray:
    """Cut a random training patch, float32 (tile, tile); images smaller than it are mirrored at the edge."""
    part = split.shares[rng.integers(len(split.shares))]
    seen = gallery[part.number][: part.rows, : part.cols]
    row, col = _corner(seen.shape, tile, rng)
    covered = gallery.covered(part.number)
    if covered is not None:  # somewhere else, or where the least of it is covered
        corners = [(row, col), *(_corner(seen.shape, tile, rng) for _ in range(TRIES))]
        row, col = min(corners, key=lambda at: covered[at[0] : at[0] + tile, at[1] : at[1] + tile].sum())
    return pad_to_tile(seen[row : row + tile, col : col + tile].astype(np.float32), tile)


def _corner(shape: tuple[int, ...], tile: int, rng: np.random.Generator) -> tuple[int, ...]:
    return tuple(int(rng.integers(max(1, n - tile + 1))) for n in shape)


def looks_alike_turned(gallery: Gallery, numbers: Sequence[int]) -> bool:
    """Whether the images have about as much detail across rows as across columns, so that turns are safe."""
    ratios = []
    for number in list(numbers)[:16]:
        values = gallery[number].astype(np.float32)
        down, across = (float(np.abs(np.diff(cv2.GaussianBlur(values, (0, 0), 1.5), axis=k)).mean())
                        for k in (0, 1))
        ratios.append(np.log((down + 1e-6) / (across + 1e-6)))
    return abs(float(np.mean(ratios))) < 0.25
