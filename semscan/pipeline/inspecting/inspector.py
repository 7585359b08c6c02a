"""One task of a run: an image file and what becomes of it. Can be sent to another process."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2

from semscan.files.find.images import InputImage
from semscan.pipeline.inspect import inspect_file, score_file
from semscan.pipeline.inspecting.elsewhere import record_here, settings_elsewhere
from semscan.pipeline.inspecting.fingerprint import Fingerprints
from semscan.pipeline.methods.base import LotMethod, Method, choose_method
from semscan.pipeline.run.error_records import or_error
from semscan.settings import InspectSettings
from semscan.values.record import AnyRecord, Record


@dataclass(frozen=True, slots=True)
class ImageTask:
    """An image to inspect. `base` is the name of its outputs, None to write none; `earlier` its record to keep."""

    found: InputImage
    base: Path | None = None
    earlier: Record | None = None

    @property
    def path(self) -> Path:
        """The image file."""
        return self.found.path

    def elsewhere(self) -> ImageTask:
        """Return the task with names that any machine finds."""
        found = replace(self.found, path=self.found.path.absolute())
        return replace(self, found=found, base=None if self.base is None else self.base.absolute())


class Inspector:
    """Makes the record of an image, and writes its outputs. Never raises for what is wrong with one image.

    In another process the method is made again from the settings, unless it holds what it knows of the whole run.

    Parameters
    ----------
    settings : InspectSettings
        All of the run.
    method : Method, optional
        By default the one that the settings ask for, made on first use.
    """

    def __init__(self, settings: InspectSettings, method: Method | None = None) -> None:
        self._settings = settings
        self._method = method
        self._fingerprints: Fingerprints | None = None

    def __getstate__(self) -> dict[str, Any]:
        kept = self._method if isinstance(self._method, LotMethod) else None
        return {"_settings": self._settings, "_method": kept, "_fingerprints": None}

    @property
    def name(self) -> str:
        """What distinguishes it from others."""
        return f"inspect {self._settings!r}"

    def elsewhere(self) -> Inspector:
        """Return the inspector for a machine with another working folder."""
        return Inspector(settings_elsewhere(self._settings))

    def prepare(self) -> None:
        """Make the method, in a process of its own; raises as `choose_method`."""
        from semscan.runtime.session import cpu_count

        cv2.setNumThreads(max(1, cpu_count() // self._settings.jobs))
        self._used()

    def __call__(self, task: ImageTask) -> AnyRecord:
        """Return the record of one image."""
        return or_error(task.found, lambda found: self._record(found, task))

    def _record(self, found: InputImage, task: ImageTask) -> AnyRecord:
        if task.base is None:
            return score_file(found, self._settings, self._used())
        method = self._used()
        self._fingerprints = self._fingerprints or Fingerprints(self._settings, method)
        fingerprint = self._fingerprints.of(found.path)  # before the image is read: it may change now
        if task.earlier is not None and task.earlier.fingerprint == fingerprint:
            out = Path(self._settings.output.out)  # from another working folder its files have other names
            return record_here(replace(task.earlier, image=found.given), out, method.provenance.model)
        record = inspect_file(found, task.base, self._settings, method)
        return replace(record, fingerprint=fingerprint) if isinstance(record, Record) else record

    def _used(self) -> Method:
        if self._method is None:
            self._method = choose_method(self._settings)
        return self._method
