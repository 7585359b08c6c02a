"""The output folder: the owner of each name in it, and the records of all inspected images.

The owner of a name is a source. It stands in `results.jsonl`, in the map's own description, or in the list of names
that a running or interrupted inspection holds (`.semscan-names`, gone once its records are in `results.jsonl`). A file
without a known owner is never written over, and never removed.

A record that replaces another keeps its name. Files of earlier runs that are still there, and that it does not name
itself, stand in its `earlier_outputs`. Only crops are removed, when a run that writes crops finds fewer regions.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from semscan.errors import OtherPageError, OutputError
from semscan.files.disk.atomic import remove_file, write_chunks, write_text
from semscan.files.disk.lock import locked
from semscan.files.disk.plain_file import read_lines
from semscan.files.find.images import InputImage
from semscan.files.results.journal import Journal, abandoned, read_journal
from semscan.files.results.line_spool import LineSpool
from semscan.files.results.map_file import source_of_map
from semscan.files.results.names import candidates, crops_in, files_of, is_crop, name_key, stem_of
from semscan.files.results.records import LARGEST, LineNumbers, mark_merged, parse_line, parse_object, to_line
from semscan.values.record import AnyRecord, ErrorRecord, Record
from semscan.values.run_record import RunRecord

OVERLAY = ".overlay.png"
OVERLAY_PYRAMID = ".overlay.tif"  # of a large image, in full resolution
MASK = ".mask.png"
MAP = ".map.tif"
REFERENCE = ".reference.tif"
CROP = ".crop{:03}.png"
RESULTS = "results.jsonl"
RUN = "run.json"
NAMES = ".semscan-names"


def output_path(base: Path, suffix: str) -> Path:
    """Return the output of one kind (`OVERLAY`, `MASK`, `MAP`, `REFERENCE`, ``CROP.format(1)``) under a claimed name.

    Examples
    --------
    >>> output_path(Path("out/a.b"), MAP).name
    'a.b.map.tif'
    """
    return base.parent / (base.name + suffix)


class ResultsFolder:
    """One output folder, shared by any number of threads and processes.

    The records of killed runs are put into `results.jsonl` first; `taken_up` is the number of them. Raises OutputError
    when the folder cannot be made or written.
    """

    def __init__(self, out: Path) -> None:
        self.out = Path(out)
        self._guard = threading.Lock()
        self._claimed: dict[str, Path] = {}
        self._recorded: dict[str, str] = {}  # name key -> source, from results.jsonl
        self._listed: set[str] = set()  # keys of the files in results.jsonl
        self._pages: dict[str, int] = {}  # source -> page of its file, from results.jsonl
        self._crops: dict[Path, Mapping[str, list[Path]]] = {}  # folder -> what `crops_in` found there
        self._left_over: dict[str, list[Path]] = {}  # source -> what its interrupted run wrote
        self._signature: tuple[int, int] | None = None
        self._refused: set[str] = set()  # sources of which another page was claimed
        self._held: dict[str, str] = {}  # name key -> source, from the list of names
        self._held_signature: tuple[int, int, int] | None = None
        self._journal: Journal | None = None
        with self._guard, locked(self.out / NAMES) as names:
            self.taken_up = self._take_up(names)
            self._read_results()

    def claim(self, found: InputImage, source: str, page: int | None = None) -> Path:
        """Return the path, without suffix, under which a source's outputs go.

        Candidates in order: the place in the searched folder, or the file's own name, without
        its suffix; with its suffix; with the names of the folders above it; with a number made
        from the source. The first that is free or belongs to `source` is taken, so that a
        rerun gets its own names back. Names that differ only in case count as the same.
        Claim in the order of the arguments to get the same names from every run.

        Parameters
        ----------
        found : InputImage
            As from `find_images`.
        source : str
            The image's absolute path (`SemImage.source`).
        page : int or None
            Page of the file, from 0; None if it is not known.

        Raises
        ------
        OtherPageError
            If the results hold another page of the file: outputs have the name of the file alone. No record of that
            source is taken then, so that the one of the other page stays.
        """
        with self._guard:
            if source not in self._claimed:
                with locked(self.out / NAMES) as names:
                    self._read_results()
                    there = self._pages.get(source)
                    if page is not None and there not in (None, page):
                        self._refused.add(source)
                        raise OtherPageError(
                            f"{self.out}: holds page {there} of {found.given}; give page {page} another --out"
                        )
                    self._read_held(names)
                    stem = next(stem for stem in candidates(found, source) if self._is_free(stem, source))
                    if name_key(stem) in self._held:
                        self._left_over[source] = self._files_of(stem)
                    else:  # also a name on record: what a run wrote before it was killed is not
                        self._hold(names, source, stem)
                self._claimed[source] = self.out / stem
            return self._claimed[source]

    def is_interrupted(self, source: str) -> bool:
        """Return whether a run that did not end has written some of a source's files: its record is older then."""
        return source in self._left_over

    def begin(self, run: RunRecord) -> None:
        """Write `run.json` as it is known now; from here on, noted records are kept also if the run is killed."""
        with self._guard, locked(self.out / NAMES):
            self._write_run(run)
            self._journal = Journal(self.out)

    def note(self, record: AnyRecord) -> int | None:
        """Keep one record of the run that has begun; return its place for `noted`. Any thread may call this."""
        return None if self._journal is None or self._is_refused(record) else self._journal.add(record)

    def _is_refused(self, record: AnyRecord) -> bool:
        """Return whether this is the error of a page, in whose place the record of another page of the file stays."""
        return isinstance(record, ErrorRecord) and record.source in self._refused

    def noted(self, place: int) -> AnyRecord | None:
        """Return a record that was kept."""
        return None if self._journal is None else self._journal.read(place)

    def finish(self, records: Iterable[AnyRecord], run: RunRecord) -> None:
        """Put the records into `results.jsonl` and write `run.json`.

        Records of other sources stay as they are, and so do lines that are not semscan's; one
        of the same source is replaced where it stands. The error of a name that leads to no file is not kept, unless
        there was an earlier record of it.
        """
        whole = False
        try:
            with self._guard, locked(self.out / NAMES) as names:
                written = self._record(names, records)
                whole = True
                self._write_run(replace(run, lines=tuple(written.ranges)))
        finally:
            if self._journal is not None:
                self._journal.close(keep=not whole)

    def _record(self, names: BinaryIO, records: Iterable[AnyRecord]) -> LineNumbers:
        """Put records into the results, one at a time; return where they stand."""
        held = held_names(names)
        before = {record.source: files_of(record, self.out) for record in self._earlier()}
        stems: dict[str, list[PurePosixPath]] = {}
        for source, stem in held:
            stems.setdefault(source, []).append(PurePosixPath(stem))
        self._crops.clear()  # this run wrote some
        with LineSpool(self.out) as lines:
            for record in records:
                if self._is_refused(record):
                    continue
                if record.source not in before and record.source not in stems and _never_existed(record):
                    continue
                kept = self._keep_name(record, before.get(record.source, []), stems)
                lines.put(record.source, to_line(kept.to_json()))
            written = LineNumbers()
            write_chunks(self.out / RESULTS, written.counted(mark_merged(self._lines(), lines)))
            names.truncate(0)
            names.writelines(to_line({"source": source, "stem": stem}) for source, stem in held if source not in lines)
            return written

    def _keep_name(
        self,
        record: AnyRecord,
        before: Sequence[PurePosixPath],
        held: Mapping[str, Sequence[PurePosixPath]],
    ) -> AnyRecord:
        """Add the files of earlier runs to a record; `before` are those that the record it replaces names."""
        now = {name_key(place) for place in files_of(record, self.out)}
        paths = [self.out / place for place in before] + self._left_over.get(record.source, [])
        if isinstance(record, ErrorRecord):  # it may have written some of its files
            paths += [path for stem in held.get(record.source, ()) for path in self._files_of(stem)]
        if record.outputs.crops is not None:
            for place in before:
                if is_crop(place) and name_key(place) not in now:
                    with suppress(OutputError):  # it then stays on record
                        remove_file(self.out / place)
        earlier = {key: str(path) for path in paths if (key := self._key(path)) not in now and os.path.lexists(path)}
        return replace(record, earlier_outputs=tuple(earlier.values())) if earlier else record

    def _take_up(self, names: BinaryIO) -> int:
        """Put the records of killed runs into the results; return the number of them."""
        left = abandoned(self.out)
        records = (record for path in left for record in read_journal(path))
        first = next(records, None)
        count = 0 if first is None else len(self._record(names, chain((first,), records)))
        for path in left:
            remove_file(path)
        return count

    def _write_run(self, run: RunRecord) -> None:
        write_text(self.out / RUN, json.dumps(run.to_json(), indent=2) + "\n")

    def _is_free(self, stem: PurePosixPath, source: str) -> bool:
        key = name_key(stem)
        if key in self._held:
            return self._held[key] == source
        there = self._files_of(stem)
        owner = self._recorded.get(key)
        if owner is not None:
            return owner == source and all(self._key(path) in self._listed for path in there)
        path = output_path(self.out / stem, MAP)
        return not there or (path in there and source_of_map(path) == source)

    def _files_of(self, stem: PurePosixPath) -> list[Path]:
        """List the files under a name, whoever made them."""
        base = self.out / stem
        if base.parent not in self._crops:  # listed once: with each claim, large folders would take minutes
            self._crops[base.parent] = crops_in(base.parent)
        crops = self._crops[base.parent].get(name_key(base.name), [])
        paths = [output_path(base, kind) for kind in (OVERLAY, OVERLAY_PYRAMID, MASK, MAP, REFERENCE)]
        return [path for path in (*paths, *crops) if os.path.lexists(path)]

    def _key(self, path: Path) -> str:
        return name_key(path.relative_to(self.out))

    def _hold(self, names: BinaryIO, source: str, stem: PurePosixPath) -> None:
        names.write(to_line({"source": source, "stem": str(stem)}))
        names.flush()
        self._held[name_key(stem)] = source
        self._held_signature = _signature_of(names)

    def _read_held(self, names: BinaryIO) -> None:
        """Read which names are held, if another process has changed the list since it was read."""
        signature = _signature_of(names)
        if signature != self._held_signature:
            self._held = {name_key(stem): owner for owner, stem in held_names(names)}
            self._held_signature = signature

    def _lines(self) -> Iterator[bytes]:
        try:
            yield from read_lines(self.out / RESULTS)
        except FileNotFoundError:
            return
        except OSError as error:
            raise OutputError(
                f"{self.out / RESULTS}: cannot be read ({error.strerror}); choose another --out"
            ) from error

    def _earlier(self) -> Iterator[AnyRecord]:
        """Yield the records in the results, without their regions."""
        found = (parse_line(line, with_regions=False) for line in self._lines())
        return (record for record in found if record is not None)

    def _read_results(self) -> None:
        """Read who owns which name, if the file has changed since it was read."""
        try:
            status = os.stat(self.out / RESULTS)
        except OSError:
            self._recorded.clear()
            self._listed.clear()
            self._pages.clear()
            self._signature = None
            return
        signature = (status.st_mtime_ns, status.st_size)
        if signature == self._signature:
            return
        self._recorded.clear()
        self._listed.clear()
        self._pages.clear()
        self._signature = signature
        for record in self._earlier():
            if isinstance(record, Record) and record.page is not None:
                self._pages[record.source] = record.page
            for place in files_of(record, self.out):
                self._recorded[name_key(stem_of(place))] = record.source
                self._listed.add(name_key(place))


def _never_existed(record: AnyRecord) -> bool:
    """Return whether the record is of a name that leads to no file: a slip that no later report should count."""
    return isinstance(record, ErrorRecord) and not os.path.lexists(record.source)


def _signature_of(file: BinaryIO) -> tuple[int, int, int]:
    status = os.fstat(file.fileno())
    return status.st_ino, status.st_mtime_ns, status.st_size


def held_names(names: BinaryIO) -> list[tuple[str, str]]:
    """Return (source, stem) of each claim whose record is not in the results yet."""
    names.seek(0)
    data = names.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise OutputError(f"{names.name}: has more than {LARGEST} bytes; remove it, or choose another --out")
    entries = map(parse_object, data.splitlines())
    return [(str(entry["source"]), str(entry["stem"])) for entry in entries if entry and "stem" in entry]
