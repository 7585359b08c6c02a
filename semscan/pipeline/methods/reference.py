"""The method that compares an image with a second image of the same place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from semscan.errors import BadImageError, MaskSizeError, UsageFault
from semscan.files.find.references import reference_of
from semscan.files.images.read import read_header, read_image
from semscan.image.clean import clean
from semscan.pipeline.methods.base import FALSE_ALARMS, MethodResult
from semscan.reference.die.compare import PairComparison, compare_pair
from semscan.settings import MIN_IMAGE_SIDE, InspectSettings, ReadSettings
from semscan.values import CleanImage
from semscan.values.method import ChanceCalibration, MethodProvenance

OWN_REFERENCE = "the image and its reference are the same, pixel by pixel: no defect can be found"
LITTLE = 0.5  # share of the image that is compared: of less, a warning says so
LEAST_SCALING = 0.005  # smaller differences of the nm per pixel are followed by the registration
MOST_SCALING = 8.0
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
        scaled, scaling = _at_scale_of(image, reference)
        try:
            result = pair_result(compare_pair(image, scaled), image)
        except BadImageError as error:
            as_scaled = f" ({scaling})" if scaling else ""
            raise BadImageError(f"{image.source} against {reference.source}{as_scaled}: {error}") from error
        if np.array_equal(image.values, reference.values):
            return replace(result, is_own_reference=True, detects_from_px=None, warnings=(OWN_REFERENCE,))
        return replace(result, warnings=(scaling, *result.warnings)) if scaling else result

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
        return read_reference(path, self._settings)


def read_reference(path: Path, settings: ReadSettings) -> CleanImage:
    """Read a reference as the image itself is read; raises BadImageError.

    Care areas belong to the image alone. Areas to ignore, such as text, lie at the same place in both, unless their
    mask does not fit. A file of one page is the reference of all pages.
    """
    settings = replace(settings, care=())
    if settings.page:
        first = replace(settings, page=0)
        settings = first if read_header(path, first).metadata["pages"] == 1 else settings
    try:
        return clean(read_image(path, settings), settings)
    except MaskSizeError:
        return clean(read_image(path, replace(settings, ignore=())), settings)


def _at_scale_of(image: CleanImage, reference: CleanImage) -> tuple[CleanImage, str]:
    """Enlarge or reduce a reference whose nm per pixel differ from the image's, and say so; raises BadImageError."""
    if image.nm_per_pixel is None or reference.nm_per_pixel is None:
        return reference, ""
    factor = reference.nm_per_pixel / image.nm_per_pixel
    if abs(factor - 1) < LEAST_SCALING:
        return reference, ""
    scales = f"the reference has {reference.nm_per_pixel:g} nm per pixel, the image {image.nm_per_pixel:g}"
    size = [round(side * factor) for side in reference.values.shape[::-1]]
    if not 1 / MOST_SCALING <= factor <= MOST_SCALING or min(size) < MIN_IMAGE_SIDE:
        raise BadImageError(
            f"{image.source} against {reference.source}: {scales}; give a reference of the same magnification, or "
            "--nm-per-px for both if a file states a wrong one"
        )
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    values = cv2.resize(reference.values, size, interpolation=how)
    judged = cv2.resize(reference.judged.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    return replace(reference, values=values, judged=judged), f"{scales}: it was resampled to those of the image"


def pair_result(found: PairComparison, image: CleanImage) -> MethodResult:
    """Return the result of comparing `image` with another of the same place, in multiples of the threshold."""
    raw = found.raw / np.float32(found.raw_threshold)
    raw[~found.judged] = 0
    judged = found.judged & image.judged
    share = judged.sum() / max(image.judged.sum(), 1)
    little = f"only {share:.0%} of the image lies in the field of the reference too: the rest is not judged"
    return MethodResult(
        raw,
        judged=judged,
        reference=found.aligned,
        detects_from_px=found.smallest_px,
        warnings=(little,) if share < LITTLE else (),
    )
