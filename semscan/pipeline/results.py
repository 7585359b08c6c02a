"""What an inspection leaves on disk, and the story of one run."""

from __future__ import annotations

import dataclasses
import os
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from semscan import __version__
from semscan.files.journal import journals
from semscan.files.outputs import CROP, MAP, MASK, OVERLAY, REFERENCE, RESULTS, Outputs, output_path
from semscan.files.write import write_png, write_tiff_grey, write_tiff_map
from semscan.report.crops import draw_crop
from semscan.report.overlay import draw_overlay
from semscan.settings import OutputSettings
from semscan.values import CleanImage, Inspection

ENGINES = ("numpy", "scipy", "skimage", "cv2", "tifffile", "PIL", "onnxruntime")
RUN_SCHEMA = 1
RUNNING, DONE, INTERRUPTED = "running", "done", "interrupted"


def write_pictures(
    image: CleanImage,
    heat: np.ndarray,
    mask: np.ndarray,
    inspection: Inspection,
    base: Path,
    settings: OutputSettings,
) -> dict[str, Any]:
    """Write overlay, mask and crops as asked for; return their paths by kind.

    Parameters
    ----------
    image, heat, mask
        The image, its map (0 to 1) and the pixels of its regions (0 or 255), of one shape.
    inspection : Inspection
        What was found.
    base : Path
        Claimed name, without suffix.
    """
    written: dict[str, Any] = {}
    if settings.overlay:
        written["overlay"] = str(output_path(base, OVERLAY))
        write_png(output_path(base, OVERLAY), draw_overlay(image, heat, mask, inspection))
    if settings.mask:
        written["mask"] = str(output_path(base, MASK))
        write_png(output_path(base, MASK), mask)
    if settings.crops:
        written["crops"] = []
        for number, region in enumerate(inspection.regions, start=1):
            path = output_path(base, CROP.format(number))
            write_png(path, draw_crop(image, heat, region))
            written["crops"].append(str(path))
    return written


def write_map(heat: np.ndarray, description: Mapping[str, Any], base: Path) -> str:
    """Write the map with its description; return its path."""
    path = output_path(base, MAP)
    write_tiff_map(path, heat, description)
    return str(path)


def write_reference(reference: np.ndarray, pixels: np.ndarray, base: Path) -> str:
    """Write what the image was compared with, for looking at; return its path.

    Parameters
    ----------
    reference : ndarray of float32, shape (rows, cols)
        0 (black) to 1 (white).
    pixels : ndarray
        The image as read: 8 bits stay 8, others become 16.
    base : Path
        Claimed name, without suffix.
    """
    levels = np.clip(reference, 0, 1) * (255 if pixels.dtype == np.uint8 else 65535)
    path = output_path(base, REFERENCE)
    write_tiff_grey(path, np.rint(levels).astype(np.uint8 if pixels.dtype == np.uint8 else np.uint16))
    return str(path)


class Run:
    """The records of a run so far, and what is needed to repeat it.

    Parameters
    ----------
    settings : dataclass
        All settings of the run.
    about : mapping
        What the witness says of itself: the model's path and fingerprint, its calibration.
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
        outputs: Outputs | None = None,
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


def take_up(out: str) -> str | None:
    """Put what killed runs left in a folder into its `results.jsonl`; say so, or None if there is nothing."""
    if not journals(Path(out)):
        return None
    count = Outputs(Path(out)).taken_up
    records = "1 record is" if count == 1 else f"{count} records are"
    return f"{out}: an earlier run was cut off; its {records} now in {RESULTS}" if count else None
