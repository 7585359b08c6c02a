"""The output folder: who owns which name in it, and the records of all that was inspected.

A name belongs to the source that `results.jsonl` says, or the map's own description, or the
list of names that a running or interrupted inspection holds (`.semscan-names`, gone once its
records are in `results.jsonl`). What belongs to nobody known is never written over.
"""

from __future__ import annotations

import json
import os
import threading
from collections import ChainMap
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, BinaryIO

from semscan.errors import OutputError
from semscan.files.find import OWN_OUTPUT, Found
from semscan.files.lock import locked
from semscan.files.names import candidates, name_key
from semscan.files.write import map_description, write_bytes, write_text

OVERLAY, MASK, MAP, REFERENCE = ".overlay.png", ".mask.png", ".map.tif", ".reference.tif"
CROP = ".crop{}.png"
RESULTS, RUN, NAMES = "results.jsonl", "run.json", ".semscan-names"


def output_path(base: Path, suffix: str) -> Path:
    """Return the output of one kind (`OVERLAY`, `MASK`, `MAP`, `REFERENCE`, ``CROP.format(1)``) under a claimed name.

    Examples
    --------
    >>> output_path(Path("out/a.b"), MAP).name
    'a.b.map.tif'
    """
    return base.parent / (base.name + suffix)


class Outputs:
    """One output folder, shared by any number of threads and processes.

    Raises OutputError when it cannot be made or written.
    """

    def __init__(self, out: Path) -> None:
        self.out = Path(out)
        self._guard = threading.Lock()
        self._claimed: dict[str, Path] = {}
        self._recorded: dict[str, str] = {}  # name key -> source, from results.jsonl
        self._signature: tuple[int, int] | None = None
        self._held: dict[str, str] = {}  # name key -> source, from the list of names
        self._held_signature: tuple[int, int, int] | None = None
        with self._guard, locked(self.out / NAMES):
            self._read_results()

    def claim(self, found: Found, source: str) -> Path:
        """Return the path, without suffix, under which a source's outputs go.

        Candidates in order: the place in the searched folder, or the file's own name, without
        its suffix; with its suffix; with the names of the folders above it; with a number made
        from the source. The first that is free or belongs to `source` is taken, so that a
        rerun gets its own names back. Names that differ only in case count as the same.
        Claim in the order of the arguments to get the same names from every run.

        Parameters
        ----------
        found : Found
            As from `find_images`.
        source : str
            The image's absolute path (`SemImage.source`).
        """
        with self._guard:
            if source not in self._claimed:
                with locked(self.out / NAMES) as names:
                    self._read_results()
                    self._read_held(names)
                    owners = ChainMap(self._held, self._recorded)
                    stem = next(s for s in candidates(found, source) if self._is_free(s, source, owners))
                    if owners.get(name_key(stem)) != source:
                        self._hold(names, source, stem)
                self._claimed[source] = self.out / stem
            return self._claimed[source]

    def finish(self, records: Iterable[Mapping[str, Any]], run: Mapping[str, Any]) -> None:
        """Put the records into `results.jsonl` and write `run.json`.

        Records of other sources stay as they are, and so do lines that are not semscan's; one
        of the same source is replaced where it stands. A record's source is its "source", else
        the absolute path of its "image".
        """
        new = {_source_of(record): dict(record) for record in records}
        done = set(new)
        with self._guard, locked(self.out / NAMES) as names:
            lines = []
            for line in self._lines():
                record = _parsed(line)
                source = None if record is None else _source_of(record)
                if source in new:
                    lines.append(_line(new.pop(source)))
                elif line.strip():
                    lines.append(line.rstrip(b"\r\n") + b"\n")
            lines += [_line(record) for record in new.values()]
            write_bytes(self.out / RESULTS, b"".join(lines))
            write_text(self.out / RUN, json.dumps(dict(run), indent=2) + "\n")
            waiting = [(source, stem) for source, stem in _held(names) if source not in done]
            names.truncate(0)
            names.writelines(_line({"source": source, "stem": stem}) for source, stem in waiting)

    def _is_free(self, stem: PurePosixPath, source: str, owners: Mapping[str, str]) -> bool:
        owner = owners.get(name_key(stem))
        if owner is not None:
            return owner == source
        base = self.out / stem
        kinds = (OVERLAY, MASK, MAP, REFERENCE, CROP.format(1))
        there = [suffix for suffix in kinds if os.path.lexists(output_path(base, suffix))]
        return not there or (MAP in there and map_description(output_path(base, MAP)).get("source") == source)

    def _hold(self, names: BinaryIO, source: str, stem: PurePosixPath) -> None:
        names.write(_line({"source": source, "stem": str(stem)}))
        names.flush()
        self._held[name_key(stem)] = source
        self._held_signature = _signature_of(names)

    def _read_held(self, names: BinaryIO) -> None:
        """Learn which names are held, if another process has changed the list since our last look."""
        signature = _signature_of(names)
        if signature != self._held_signature:
            self._held = {name_key(stem): owner for owner, stem in _held(names)}
            self._held_signature = signature

    def _lines(self) -> list[bytes]:
        try:
            return (self.out / RESULTS).read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise OutputError(
                f"{self.out / RESULTS}: cannot be read ({error.strerror}); choose another --out"
            ) from error

    def _read_results(self) -> None:
        """Learn who owns which name, if the file has changed since the last look."""
        try:
            status = os.stat(self.out / RESULTS)
        except OSError:
            self._recorded, self._signature = {}, None
            return
        signature = (status.st_mtime_ns, status.st_size)
        if signature == self._signature:
            return
        self._recorded, self._signature = {}, signature
        for line in self._lines():
            record = _parsed(line)
            outputs = None if record is None else record.get("outputs")
            if record is not None and isinstance(outputs, dict):
                for value in outputs.values():
                    stem = self._stem_of(value) if isinstance(value, str) else None
                    if stem is not None:
                        self._recorded[name_key(stem)] = _source_of(record)

    def _stem_of(self, output: str) -> PurePosixPath | None:
        """Return an output's name below the folder, also when it was written from elsewhere."""
        try:
            parts = PurePath(os.path.relpath(os.path.abspath(output), os.path.abspath(self.out))).parts
        except ValueError:  # another drive of a Windows machine
            parts = ("..",)
        if ".." in parts:
            parts, name = PurePath(output).parts, os.path.basename(os.path.abspath(self.out))
            tails = (parts[start:] for start in range(1, len(parts)) if parts[start - 1] == name)
            parts = next((tail for tail in tails if (self.out / Path(*tail)).exists()), ())
        match = OWN_OUTPUT.search(parts[-1]) if parts else None
        return None if match is None else PurePosixPath(*parts[:-1], parts[-1][: match.start()])


def _signature_of(file: BinaryIO) -> tuple[int, int, int]:
    status = os.fstat(file.fileno())
    return status.st_ino, status.st_mtime_ns, status.st_size


def _held(names: BinaryIO) -> list[tuple[str, str]]:
    """Return (source, stem) of each claim whose record is not in the results yet."""
    names.seek(0)
    entries = (_parsed(line) for line in names.read().splitlines())
    return [(str(entry["source"]), str(entry["stem"])) for entry in entries if entry and "stem" in entry]


def _source_of(record: Mapping[str, Any]) -> str:
    return str(record.get("source") or os.path.abspath(str(record.get("image", ""))))


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _line(record: Mapping[str, Any]) -> bytes:
    return json.dumps(dict(record)).encode("ascii") + b"\n"
