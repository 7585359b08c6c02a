"""Good images on tap for training: read once while they fit in memory, read again when they do not."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock

import numpy as np

from semscan.settings import IMAGE_CACHE_BYTES


class ImageCache:
    """Judged pixels of images by number, held as float16 up to a limit of bytes.

    Parameters
    ----------
    paths : sequence of Path
    load : callable
        ``load(path)`` gives float32 values, shape (rows, cols), about 0 to 1.
    limit : int
        Bytes held at once; the image used longest ago goes first.
    ignored_mask : callable, optional
        ``ignored_mask(path)`` gives where training should see nothing of an image, bool (rows, cols), or None.
    shapes : sequence of (int, int), optional
        Rows and columns of each image where they are known, so that asking for them reads no file.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        load: Callable[[Path], np.ndarray],
        limit: int = IMAGE_CACHE_BYTES,
        ignored_mask: Callable[[Path], np.ndarray | None] | None = None,
        shapes: Sequence[tuple[int, int]] | None = None,
    ):
        self.paths, self._load, self._limit = list(paths), load, limit
        self._ignored_mask, self._packed = ignored_mask, dict[int, tuple[np.ndarray, tuple[int, ...]] | None]()
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

    def ignored_mask(self, number: int) -> np.ndarray | None:
        """Where training should see nothing of image `number`, bool (rows, cols); None for nowhere."""
        if self._ignored_mask is None:
            return None
        if number not in self._packed:
            mask = self._ignored_mask(self.paths[number])
            self._packed[number] = None if mask is None else (np.packbits(mask), mask.shape)
        packed = self._packed[number]
        if packed is None:
            return None
        bits, (rows, cols) = packed
        return np.unpackbits(bits, count=rows * cols).reshape(rows, cols).astype(bool)
