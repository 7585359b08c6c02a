"""Keep arrays on disk and read them back by number, so that any number of maps fits."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, cast

import numpy as np

from semscan.errors import OutputError


class ArraySpool:
    """A nameless temporary file of float32 arrays, gone when closed or when the process ends.

    Parameters
    ----------
    folder : Path
        Where the file lies; created if it is missing.

    Raises
    ------
    OutputError
        If the disk is full or the folder cannot be written.

    Examples
    --------
    >>> with ArraySpool(Path(tempfile.mkdtemp())) as spool:
    ...     number = spool.put(np.ones((2, 3), np.float32))
    ...     spool.get(number).shape
    (2, 3)
    """

    def __init__(self, folder: Path) -> None:
        self._folder = Path(folder)
        self._places: list[tuple[int, tuple[int, ...]]] = []  # byte offset and shape of each array
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file = cast(BinaryIO, tempfile.TemporaryFile(dir=self._folder))  # noqa: SIM115
        except OSError as error:
            raise self._fault(error) from error

    def __enter__(self) -> ArraySpool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def put(self, array: np.ndarray) -> int:
        """Write one array and return its number: the count of those before it."""
        values = np.ascontiguousarray(array, np.float32)
        try:
            place = self._file.seek(0, 2)
            self._file.write(values.data)
            self._file.flush()
        except OSError as error:
            raise self._fault(error) from error
        self._places.append((place, values.shape))
        return len(self._places) - 1

    def get(self, number: int) -> np.ndarray:
        """Return the array of this number, float32."""
        place, shape = self._places[number]
        values = np.empty(shape, np.float32)
        self._file.seek(place)
        self._file.readinto(values.data.cast("B"))  # type: ignore[attr-defined]
        return values

    def _fault(self, error: OSError) -> OutputError:
        return OutputError(
            f"{self._folder}: maps cannot be kept here ({error.strerror}); free some space, or give another --out"
        )
