"""The record of a run: run.json, and the records of its images."""

from __future__ import annotations

import dataclasses
import os
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

from semscan.files.results.folder import ResultsFolder
from semscan.pipeline.run.outputs import DONE, INTERRUPTED, RUNNING
from semscan.version import __version__

ENGINES = ("numpy", "scipy", "skimage", "cv2", "tifffile", "PIL", "onnxruntime")


RUN_SCHEMA = 1


class Run:
    """The records of a run so far, and what is needed to repeat it.

    Parameters
    ----------
    settings : dataclass
        All settings of the run.
    about : mapping
        What the method says of itself: the model's path and fingerprint, its calibration.
    command : sequence of str
        As typed; the program's name loses its folder. With ``-`` in it, `names` is what standard input said.
    typed : mapping
        More that the command line knows: `repeat`, the command with every default written out, and `config`, the
        configuration file used.
    outputs : Outputs, optional
        Where the records are kept as they come.
    """

    def __init__(
        self,
        settings: Any,
        about: Mapping[str, Any],
        command: Sequence[str],
        typed: Mapping[str, Any] | None = None,
        outputs: ResultsFolder | None = None,
    ) -> None:
        self._by_place: dict[int, dict[str, Any]] = {}
        self._settings, self._about, self._outputs = settings, about, outputs
        self._command = [_program(command[0]), *command[1:]] if command else []
        self._typed = {"repeat": None, "config": None, **(typed or {})}
        self._began, self._clock = datetime.now(UTC), time.monotonic()
        if outputs:
            outputs.begin(self.summary(RUNNING))

    def add(self, place: int, record: dict[str, Any]) -> None:
        """Take one more record; `place` is its number in the order given. Any thread may call this."""
        self._by_place[place] = record
        if self._outputs:
            self._outputs.note(record)

    def finish(self, whole: bool = True) -> None:
        """Put the records into `results.jsonl` and write `run.json`; `whole` is False for a run that was cut short."""
        if self._outputs:
            self._outputs.finish(self.records, self.summary(DONE if whole else INTERRUPTED))

    @property
    def records(self) -> list[dict[str, Any]]:
        """All records so far, in the order given."""
        return [self._by_place[place] for place in sorted(self._by_place)]

    def summary(self, state: str) -> dict[str, Any]:
        """What `run.json` holds. `state` is `RUNNING`, also after a kill, `DONE` or `INTERRUPTED`."""
        failed = [record for record in self.records if record["status"] == "error"]
        return {
            "schema_version": RUN_SCHEMA,
            "semscan_version": __version__,
            "state": state,
            "command": self._command,
            **self._typed,
            "folder": os.getcwd(),
            "names": [record["image"] for record in self.records] if "-" in self._command else None,
            "began": self._began.isoformat(timespec="seconds"),
            "seconds": round(time.monotonic() - self._clock, 3),
            "images": len(self.records),
            "defective": sum(record.get("defect") is True for record in self.records),
            "errors": [{"image": record["image"], "error": record["error"]} for record in failed],
            "method": dict(self._about),
            "settings": dataclasses.asdict(self._settings),
            "versions": {"python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}
            | {name: sys.modules[name].__version__ for name in ENGINES if name in sys.modules},
        }


def _program(path: str) -> str:
    """The name to type: `semscan`, also where it was run as ``python -m semscan``."""
    name = PurePath(path).name
    return "semscan" if name == "__main__.py" else name.removesuffix(".exe")
