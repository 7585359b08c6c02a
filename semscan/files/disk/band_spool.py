"""Put windows of an image together to bands of whole rows, on disk: a row may be longer than memory wants to hold."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, cast

import numpy as np

from semscan.errors import OutputError

ROWS = 256  # that are given on at a time


class BandSpool:
    """A nameless temporary file that turns windows into bands of rows; gone when closed or when the process ends.

    Windows of the same rows come from left to right and fill the whole width; then come those of the next rows.

    Parameters
    ----------
    cols : int
        Columns of the image.
    dtype : dtype
        Of its values.
    give : callable
        Is given each band, shape (at most `ROWS`, cols), from the first row to the last.
    folder : Path, optional
        Where the file lies; by default where temporary files do.

    Examples
    --------
    >>> bands = []
    >>> with BandSpool(4, np.uint8, bands.append) as spool:
    ...     spool.put(slice(0, 1), slice(0, 2), np.array([[1, 2]], np.uint8))
    ...     spool.put(slice(0, 1), slice(2, 4), np.array([[3, 4]], np.uint8))
    >>> bands[0].tolist()
    [[1, 2, 3, 4]]
    """

    def __init__(self, cols: int, dtype: Any, give: Callable[[np.ndarray], None], folder: Path | None = None) -> None:
        self._cols = cols
        self._dtype = np.dtype(dtype)
        self._give = give
        self._folder = folder
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def put(self, rows: slice, cols: slice, values: np.ndarray) -> None:
        """Take one window; raises OutputError if the disk is full."""
        if cols.stop - cols.start == self._cols:
            for top in range(0, len(values), ROWS):
                self._give(np.ascontiguousarray(values[top : top + ROWS], self._dtype))
            return
        try:
            self._write(cols.start, values)
            if cols.stop == self._cols:
                self._give_rows(rows.stop - rows.start)
        except OSError as error:
            raise OutputError(
                f"bands of a large image cannot be kept in {self._folder or tempfile.gettempdir()} "
                f"({error.strerror or error}); free some space there"
            ) from error

    def _write(self, left: int, values: np.ndarray) -> None:
        if self._file is None:
            if self._folder is not None:
                self._folder.mkdir(parents=True, exist_ok=True)
            self._file = cast(BinaryIO, tempfile.TemporaryFile(dir=self._folder))  # noqa: SIM115
        item = self._dtype.itemsize
        for row, line in enumerate(np.ascontiguousarray(values, self._dtype)):
            self._file.seek((row * self._cols + left) * item)
            self._file.write(line.data)
        self._file.flush()

    def _give_rows(self, count: int) -> None:
        assert self._file is not None
        for top in range(0, count, ROWS):
            band = np.empty((min(ROWS, count - top), self._cols), self._dtype)
            self._file.seek(top * self._cols * self._dtype.itemsize)
            self._file.readinto(band.data.cast("B"))  # type: ignore[attr-defined]
            self._give(band)
