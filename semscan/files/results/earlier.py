"""The records of earlier runs into an output folder, for a run that takes them over."""

from __future__ import annotations

import os
from pathlib import Path

from semscan.errors import OutputError
from semscan.files.disk.plain_file import open_plain, read_lines
from semscan.files.results.folder import RESULTS
from semscan.files.results.names import place_of
from semscan.files.results.records import parse_line
from semscan.values.record import Record


class EarlierRecords:
    """The records in the `results.jsonl` of a folder that say what their images were judged from.

    They stay in the file; in memory are their places. Raises OutputError if it is there and cannot be read.
    """

    def __init__(self, out: Path) -> None:
        self._out = Path(out)
        self._places: dict[str, int] = {}
        place = 0
        try:
            for line in read_lines(self._out / RESULTS):
                record = parse_line(line, with_regions=False)
                if isinstance(record, Record) and record.fingerprint is not None:
                    self._places[record.source] = place
                place += len(line)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise OutputError(
                f"{self._out / RESULTS}: cannot be read ({error.strerror}); choose another --out"
            ) from error

    def __len__(self) -> int:
        return len(self._places)

    def judged(self, source: str) -> Record | None:
        """Return the record of an image, once: what is inspected again has other files then.

        None without one, or unless all outputs that it names are there.
        """
        at = self._places.pop(source, None)
        record = None if at is None else self._at(at)
        if record is None or record.source != source:
            return None
        there = (place_of(path, self._out) for path in record.outputs.paths)
        whole = all(place is not None and os.path.isfile(self._out / place) for place in there)
        return record if whole else None

    def _at(self, place: int) -> Record | None:
        """Read the record at a place; None if another run has written the file anew."""
        try:
            with open_plain(self._out / RESULTS) as file:
                file.seek(place)
                record = parse_line(file.readline())
        except OSError:
            return None
        return record if isinstance(record, Record) and record.fingerprint is not None else None
