"""A method without training, at the threshold that good images gave it (`semscan calibrate --method`)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from semscan.errors import BadModelError
from semscan.files.models.method_folder import MethodFolder, read_method_folder
from semscan.image.appearance import LARGEST, measure_appearance, unusual_measures
from semscan.image.filling.inpaint import inpaint_ignored
from semscan.image.large.clean import Survey
from semscan.image.resize import zoom_between
from semscan.image.tiling import centre_window, judged_rows
from semscan.pipeline.methods.base import Method, MethodResult, model_path
from semscan.pipeline.methods.raw_map import raw_map
from semscan.pipeline.methods.windowed.windows import TakeWindow, WindowedMethod, judged_plane
from semscan.report.text.weaknesses import nearly_blind
from semscan.settings import InspectSettings
from semscan.values import CleanImage, SemImage
from semscan.values.method import MethodConfig
from semscan.values.model.calibration import REVIEWED
from semscan.values.record import DIFFERS_FROM_GOOD, WEAK_MODEL

ADVICE = "train a model with `semscan train`"


class CalibratedMethod:
    """A method without training, with another threshold; its raw scores stay as they are.

    Parameters
    ----------
    method : Method
        The method that the folder names.
    folder : MethodFolder
        Its threshold, and the appearance of the good images that it was set on.

    Raises
    ------
    BadModelError
        If the threshold was set on other raw scores than the method gives now.
    """

    def __init__(self, method: Method, folder: MethodFolder) -> None:
        config = folder.config
        _check_raw_map(folder)
        self._method = method
        self._config = config
        blind = nearly_blind(config.painted, ADVICE)
        self._warnings = () if blind is None else (WEAK_MODEL + blind,)
        self.name = method.name
        self.raw_threshold: float | None = config.calibration.raw_threshold
        self.provenance = replace(
            method.provenance,
            calibration=config.calibration,
            model=str(folder.path),
            fingerprint=folder.fingerprint,
            painted=config.painted,
            nuisance=config.nuisance,
        )

    def __call__(self, image: CleanImage) -> MethodResult:
        """Score an image as the method does; warn of one that the threshold may not hold on."""
        return self._calibrated(self._method(image), image)

    def can_stream(self, image: SemImage) -> bool:
        """Return whether the method can; see `WindowedMethod`."""
        return isinstance(self._method, WindowedMethod) and self._method.can_stream(image)

    def score_windows(self, image: CleanImage, survey: Survey, take: TakeWindow) -> MethodResult:
        """Score an image in windows as the method does; see `WindowedMethod`."""
        assert isinstance(self._method, WindowedMethod)
        return self._calibrated(self._method.score_windows(image, survey, take), image)

    def _calibrated(self, result: MethodResult, image: CleanImage) -> MethodResult:
        painted = self._config.painted
        return replace(
            result,
            # what the method itself says of visible sizes holds at its own threshold
            detects_from_px=None if painted is None or result.is_own_reference else painted.a90_px,
            warnings=(*self._warnings, *result.warnings, *_differences(image, self._config)),
        )


def calibrated(method: Method, settings: InspectSettings) -> CalibratedMethod:
    """Give a method the threshold of the folder that the settings name; raises BadModelError if it cannot be used."""
    return CalibratedMethod(method, read_method_folder(model_path(settings)))


def judged_grey(image: CleanImage) -> np.ndarray:
    """Return the grey levels of the judged rows, float32 (rows, cols), small ignored areas inpainted."""
    rows = judged_rows(image)
    return inpaint_ignored(image.values[rows], image.judged[rows])


def _middle(image: CleanImage) -> np.ndarray:
    """Return the part of the judged grey levels that `measure_appearance` looks at."""
    if isinstance(image.values, np.ndarray):
        return judged_grey(image)
    judged = judged_plane(image)
    return judged[centre_window(judged.shape, LARGEST)]


def _check_raw_map(folder: MethodFolder) -> None:
    config = folder.config
    now = raw_map(config.method)
    if config.raw_map != now:
        raise BadModelError(
            f"{folder.path}: its threshold was set on other scores of --method {config.method} ({config.raw_map}) than "
            f"this semscan gives ({now}); set it again with `semscan calibrate GOOD --model {folder.path} --out NEW`"
        )


def _differences(image: CleanImage, config: MethodConfig) -> list[str]:
    """Compare an image with the good images of the calibration; return what a person should know."""
    own, theirs = image.nm_per_pixel, config.nm_per_pixel
    warnings = []
    if zoom_between(own, theirs) != 1:
        images = "reviewed images" if config.calibration.rule == REVIEWED else "good images"
        warnings.append(
            f"has {own:.4g} nm per pixel, the {images} of the calibration {theirs:.4g}: the threshold may not hold"
        )
    unusual = unusual_measures(measure_appearance(_middle(image)), config.appearance, "calibration")
    if unusual:
        words = ", ".join(one.words for one in unusual.values())
        warnings.append(f"{DIFFERS_FROM_GOOD}{words}; the threshold may not hold on it")
    return warnings
