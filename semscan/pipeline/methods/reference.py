"""The method that compares an image with a second image of the same place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from semscan.errors import BadImageError, UsageFault
from semscan.files.find.references import reference_of
from semscan.files.images.read import read_image
from semscan.image.clean import clean
from semscan.pipeline.methods.base import FALSE_ALARMS, MethodResult
from semscan.reference.die.compare import PairComparison, compare_pair
from semscan.settings import InspectSettings
from semscan.values import CleanImage
from semscan.values.method import ChanceCalibration, MethodProvenance

CALIBRATION = ChanceCalibration(1.0, FALSE_ALARMS, "the pair itself")


class ReferenceMethod:
    """Compares an image with a second one of the same place: one file for all images, or a folder.

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
        self.provenance = MethodProvenance(CALIBRATION, reference=str(self._path))

    @classmethod
    def of_image(cls, reference: CleanImage) -> ReferenceMethod:
        """Return the method for one reference image that is in memory."""
        method = cls.__new__(cls)
        method._only = reference
        method.provenance = MethodProvenance(CALIBRATION, reference=reference.source or None)
        return method

    def __call__(self, image: CleanImage) -> MethodResult:
        """Compare `image` with its reference; raises BadImageError if there is none or it shows another place."""
        reference = self._only or self._read(reference_of(image.source, self._path))
        try:
            return pair_result(compare_pair(image, reference), image)
        except BadImageError as error:
            raise BadImageError(f"{image.source} against {reference.source}: {error}") from error

    def _is_folder(self) -> bool:
        try:
            there = self._path.exists()
            is_folder = self._path.is_dir()
        except OSError as error:
            raise UsageFault(
                f"the reference {self._path} cannot be read ({error.strerror}); check its name and permissions"
            ) from error
        if not there:
            raise UsageFault(f"no reference at {self._path}; name a file, or a folder of images of the same names")
        return is_folder

    def _read(self, path: Path) -> CleanImage:
        # care areas belong to the image; text burnt into the reference lies at the same place in both
        settings = replace(self._settings, care=())
        return clean(read_image(path, settings), settings)


def pair_result(found: PairComparison, image: CleanImage) -> MethodResult:
    """Return the result of comparing `image` with another of the same place, in multiples of the threshold."""
    raw = found.raw / np.float32(found.raw_threshold)
    raw[~found.judged] = 0
    return MethodResult(
        raw, judged=found.judged & image.judged, reference=found.aligned, detects_from_px=found.smallest_px
    )
