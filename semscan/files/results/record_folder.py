"""The folders that explain and measure write to: the owner of each name, and the records of all their images."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, ClassVar

from semscan.errors import OutputError
from semscan.files.disk.atomic import remove_file, write_bytes
from semscan.files.disk.lock import locked
from semscan.files.disk.plain_file import read_lines
from semscan.files.find.images import InputImage
from semscan.files.results.folder import held_names, output_path
from semscan.files.results.names import candidates, name_key
from semscan.files.results.records import merge_lines, parse_object, to_line

FIGURE = ".explain.png"
FAITHFUL = ".faithful.png"
PANELS = ".panels"
PANEL = ".panel.png"
TABLE = ".dimensions.csv"
SPECTRUM = ".spectrum.csv"
PICTURE = ".dimensions.png"


class RecordFolder:
    """One such folder: `records` is the file of its records, `lock` is held while it is written, `kinds` are the
    suffixes of what it holds for each image. A file that no record names is never written over.

    Raises OutputError when it cannot be made or written.
    """

    records: ClassVar[str]
    lock: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]]

    def __init__(self, out: Path) -> None:
        self.out = Path(out)
        self._on_record: dict[str, str] = {}  # name key -> source
        self._held: dict[str, str] = {}  # the same of names whose records are not kept yet, from the lock file
        self._read_to = 0  # bytes of the lock file
        self._signature: tuple[int, int, int] | None = None
        with locked(self.out / self.lock) as held:
            self._read_owners(held)

    def claim(self, found: InputImage, source: str) -> PurePosixPath:
        """Return the name for the outputs of a source, relative to the folder, without suffix; see `candidates`."""
        with locked(self.out / self.lock) as held:
            self._read_owners(held)
            stem = next(stem for stem in candidates(found, source) if self._is_free(stem, source))
            if self._owner(stem) is None:  # until its record is kept, other processes find it in the lock file
                held.write(to_line({"source": source, "stem": str(stem)}))
                held.flush()
                self._read_owners(held)
            return stem

    def keep(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Put records into the file of records; one of the same source is replaced where it stands."""
        with locked(self.out / self.lock) as held:
            self._read_owners(held)
            lines = {str(record["source"]): to_line(record) for record in records}
            write_bytes(self.out / self.records, b"".join(merge_lines(self._lines(), lines)))
            left = [(source, stem) for source, stem in held_names(held) if source not in lines]
            held.truncate(0)
            held.writelines(to_line({"source": source, "stem": stem}) for source, stem in left)
            held.flush()

    def _read_owners(self, held: BinaryIO) -> None:
        """Read who owns which name, as far as that has changed since it was read."""
        signature = self._signature_of_records()
        size = os.fstat(held.fileno()).st_size
        if signature != self._signature or size < self._read_to:  # the lock file is written anew with the records
            records = filter(None, map(parse_object, self._lines()))
            named = [(record["stem"], str(record.get("source"))) for record in records if _has_stem(record)]
            self._on_record = {name_key(stem): source for stem, source in named}
            self._signature = signature
            self._held, self._read_to = {}, 0
        if size > self._read_to:
            held.seek(self._read_to)
            for entry in filter(None, map(parse_object, held.read(size - self._read_to).splitlines())):
                if _has_stem(entry):
                    self._held[name_key(entry["stem"])] = str(entry.get("source"))
            self._read_to = size

    def _signature_of_records(self) -> tuple[int, int, int] | None:
        try:
            status = os.stat(self.out / self.records)
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    def _owner(self, stem: PurePosixPath) -> str | None:
        key = name_key(stem)
        return self._held.get(key) or self._on_record.get(key)

    def _is_free(self, stem: PurePosixPath, source: str) -> bool:
        owner = self._owner(stem)
        if owner is not None:
            return owner == source
        return not any(os.path.lexists(output_path(self.out / stem, kind)) for kind in self.kinds)

    def _lines(self) -> list[bytes]:
        try:
            return list(read_lines(self.out / self.records))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise OutputError(
                f"{self.out / self.records}: cannot be read ({error.strerror}); choose another --out"
            ) from error


def _has_stem(record: Mapping[str, Any]) -> bool:
    return isinstance(record.get("stem"), str)


class ExplainFolder(RecordFolder):
    """What `semscan explain` writes."""

    records = "explain.jsonl"
    lock = ".semscan-explain"
    kinds = (FIGURE, FAITHFUL, PANELS)

    def clear(self, stem: PurePosixPath) -> None:
        """Remove the panels that an earlier run left under a claimed name."""
        folder = output_path(self.out / stem, PANELS)
        for path in sorted(folder.glob(f"*{PANEL}")) if folder.is_dir() else ():
            remove_file(path)
        remove_file(output_path(self.out / stem, FAITHFUL))


class MeasureFolder(RecordFolder):
    """What `semscan measure` writes."""

    records = "measures.jsonl"
    lock = ".semscan-measure"
    kinds = (TABLE, SPECTRUM, PICTURE)
