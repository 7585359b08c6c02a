"""Lines by name, kept in a file without a name: a million of them need no memory but for their names."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from semscan.errors import OutputError


class LineSpool(Mapping[str, bytes]):
    """Lines by name, in the order in which the names came first; a later line of a name replaces it.

    As a context it gives its room back. Raises OutputError if the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._places: dict[str, int] = {}
        try:
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by `__exit__`
        except OSError as error:
            raise self._unwritable(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()

    def put(self, name: str, line: bytes) -> None:
        """Keep a line, which ends with a newline and has no other."""
        try:
            self._places[name] = self._file.seek(0, 2)
            self._file.write(line)
        except OSError as error:
            raise self._unwritable(error) from error

    def __getitem__(self, name: str) -> bytes:
        self._file.seek(self._places[name])
        return self._file.readline()

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def _unwritable(self, error: OSError) -> OutputError:
        return OutputError(
            f"{self._folder}: cannot be written ({error.strerror}); free some space, or choose another --out"
        )
