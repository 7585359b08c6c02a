"""The method that is a second image of the same place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from semscan.errors import BadImageError, UsageFault
from semscan.files.find.references import reference_of
from semscan.files.images.read import read_image
from semscan.image.clean import clean
from semscan.pipeline.methods.base import FALSE_ALARMS, MethodResult
from semscan.reference.die.compare import compare_pair
from semscan.settings import InspectSettings
from semscan.values import CleanImage

CALIBRATION = {"raw_threshold": 1.0, "false_alarms": FALSE_ALARMS, "held_back": "the pair itself"}


class ReferenceMethod:
    """A second image of the same place: one file for all images, or a folder with one of each name.

    Raw scores are multiples of what chance reaches in that pair.

    Raises
    ------
    UsageFault
        If there is nothing at `settings.reference`.
    BadImageError
        If it is one file and cannot be read.
    """

    name = "reference"
    raw_threshold: float | None = 1.0

    def __init__(self, settings: InspectSettings) -> None:
        self._settings = settings.read
        self._path = Path(settings.reference or "")
        self._only = None if self._is_folder() else self._read(self._path)
        self.about: Mapping[str, Any] = {"reference": str(self._path), "calibration": CALIBRATION}

    @classmethod
    def of_image(cls, reference: CleanImage) -> ReferenceMethod:
        """Return the method for one reference image that is in memory."""
        method = cls.__new__(cls)
        method._only = reference
        method.about = {"reference": reference.source or None, "calibration": CALIBRATION}
        return method

    def __call__(self, image: CleanImage) -> MethodResult:
        """Compare `image` with its reference; raises BadImageError if there is none or it shows another place."""
        reference = self._only or self._read(reference_of(image.source, self._path))
        try:
            found = compare_pair(image, reference)
        except BadImageError as error:
            raise BadImageError(f"{image.source} against {reference.source}: {error}") from error
        raw = found.raw / np.float32(found.raw_threshold)
        raw[~found.judged] = 0
        return MethodResult(raw, judged=found.judged & image.judged, reference=found.aligned)

    def _is_folder(self) -> bool:
        try:
            there, is_folder = self._path.exists(), self._path.is_dir()
        except OSError as error:
            raise UsageFault(
                f"the reference {self._path} cannot be read ({error.strerror}); check its name and permissions"
            ) from error
        if not there:
            raise UsageFault(f"no reference at {self._path}; name a file, or a folder of images of the same names")
        return is_folder

    def _read(self, path: Path) -> CleanImage:
        # what is cared for is said of the image; text burnt into the reference is at its place in both
        settings = replace(self._settings, care=())
        return clean(read_image(path, settings), settings)
