"""Training images by number: read once while they fit in memory, read again when they do not."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Protocol

import numpy as np

from semscan.settings import IMAGE_CACHE_BYTES


@dataclass(frozen=True, slots=True)
class PackedMask:
    """A mask in one bit a pixel."""

    bits: np.ndarray
    shape: tuple[int, ...]

    @classmethod
    def of(cls, mask: np.ndarray) -> PackedMask:
        """Pack a mask, bool (rows, cols)."""
        return cls(np.packbits(mask), mask.shape)

    def unpacked(self) -> np.ndarray:
        """Return the mask, bool (rows, cols)."""
        rows, cols = self.shape
        return np.unpackbits(self.bits, count=rows * cols).reshape(rows, cols).astype(bool)


class ImageSource(Protocol):
    """Images by number, as float16 (rows, cols), with the parts that training should not see."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int, /) -> np.ndarray: ...

    def ignored_mask(self, number: int, /) -> np.ndarray | None: ...


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
    ) -> None:
        self.paths = list(paths)
        self._load = load
        self._limit = limit
        self._ignored_mask = ignored_mask
        self._masks: dict[int, PackedMask | None] = {}
        self._shapes = shapes
        self._held: OrderedDict[int, np.ndarray] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()  # batches are drawn in a thread next to the training

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, number: int) -> np.ndarray:
        """Return the values of image `number`, float16."""
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
        """Return rows and columns of image `number`."""
        rows, cols = self._shapes[number] if self._shapes is not None else self[number].shape
        return int(rows), int(cols)

    def ignored_mask(self, number: int) -> np.ndarray | None:
        """Return where training should see nothing of image `number`, bool (rows, cols); None for nowhere."""
        if self._ignored_mask is None:
            return None
        if number not in self._masks:
            mask = self._ignored_mask(self.paths[number])
            self._masks[number] = None if mask is None else PackedMask.of(mask)
        packed = self._masks[number]
        return None if packed is None else packed.unpacked()
