"""A finished output folder, read back: its records, the last run, and the pictures beside them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from semscan.errors import OutputError
from semscan.files.results.folder import RESULTS, RUN
from semscan.files.results.journal import journals, read_journal
from semscan.files.results.records import merged, parsed, source_of

LARGEST_RUN = 256 << 20


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """The records of an output folder in their order, what `run.json` says, and how many records came from
    runs that did not end (`unfinished`)."""

    folder: Path
    records: list[dict[str, Any]]
    run: Mapping[str, Any] = field(default_factory=dict)
    unfinished: int = 0

    def locate(self, written: Any) -> Path | None:
        """Return where an output lies now, by the path that its record names; None if it is not there.

        The folder may have been moved since, or be named from elsewhere: what follows the last run's --out in
        the path counts, or else the longest end of the path that exists below the folder.
        """
        if not isinstance(written, str) or "\0" in written:
            return None
        parts = PurePath(os.path.normpath(written)).parts
        out = self._out
        starts = [len(out)] if out and parts[: len(out)] == out else range(len(parts))
        tails = (parts[start:] for start in starts)
        below = (Path(*tail) for tail in tails if tail and ".." not in tail and not PurePath(*tail).is_absolute())
        return next((self.folder / path for path in below if os.path.isfile(self.folder / path)), None)

    @property
    def _out(self) -> tuple[str, ...]:
        """The output folder as the last run named it, part by part; empty if that is not known."""
        settings = self.run.get("settings")
        output = settings.get("output") if isinstance(settings, dict) else None
        out = output.get("out") if isinstance(output, dict) else None
        return PurePath(os.path.normpath(out)).parts if isinstance(out, str) and out else ()


def read_finished(results: Path) -> FinishedRun:
    """Read the records of an output folder, and those of an inspection that was killed or still runs.

    Parameters
    ----------
    results : Path
        The folder, or the `results.jsonl` in it.

    Raises
    ------
    OutputError
        If there are no records.
    """
    folder = Path(results)
    if folder.name == RESULTS and not os.path.isdir(folder):
        folder = folder.parent
    if not _is_folder(folder):
        raise OutputError(f"{results}: no such folder of results; give the --out of a `semscan inspect`")
    try:
        lines = (folder / RESULTS).read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        lines = []
    except OSError as error:
        raise OutputError(f"{folder / RESULTS}: cannot be read ({error.strerror}); check its permissions") from error
    late = [record for path in journals(folder) for record in read_journal(path)]
    records = [record for record in map(parsed, merged(lines, late)) if record is not None and "status" in record]
    if not records:
        raise OutputError(f"{folder}: holds no records ({RESULTS}); give the --out of a `semscan inspect`")
    return FinishedRun(folder, records, _run(folder / RUN), len({source_of(record) for record in late}))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError as error:
        raise OutputError(f"{path}: cannot be read ({error.strerror}); check its name and permissions") from error


def _run(path: Path) -> dict[str, Any]:
    """What `run.json` says; empty if it is missing or damaged: the records speak for themselves."""
    try:
        if path.stat().st_size > LARGEST_RUN:
            return {}
        run = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return run if isinstance(run, dict) else {}
