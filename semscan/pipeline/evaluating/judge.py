"""One test image: inspect it, and keep what its figures need."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from semscan.files.datasets.labelled_images import LabelledImage, read_defect_mask
from semscan.files.datasets.synth_index import Planted
from semscan.files.find.images import InputImage
from semscan.files.images.read import read_image
from semscan.pipeline.inspect import InspectedImage, inspect_image
from semscan.pipeline.inspecting.elsewhere import settings_elsewhere
from semscan.pipeline.methods.base import Method, choose_method
from semscan.pipeline.methods.reference import OWN_REFERENCE
from semscan.pipeline.run.error_records import or_error
from semscan.scores.scored_image import ScoredImage, scored_image
from semscan.scores.types import DefectType, type_defects
from semscan.settings import InspectSettings
from semscan.values import SemImage
from semscan.values.record import ErrorRecord


@dataclass(frozen=True, slots=True)
class JudgeTask:
    """A test image to judge, and the name to show.

    `folder` is the class that its folder names, None for a loose image; `planted` its defects.
    """

    given: str
    labelled: LabelledImage
    folder: str | None
    planted: Planted

    @property
    def path(self) -> Path:
        """The image file."""
        return self.labelled.path

    def elsewhere(self) -> JudgeTask:
        """Return the task with names that any machine finds."""
        mask = self.labelled.mask
        labelled = replace(self.labelled, path=self.path.absolute(), mask=None if mask is None else mask.absolute())
        return replace(self, labelled=labelled)


@dataclass(frozen=True, slots=True)
class Judged:
    """What the figures need of a test image, and its map, float32 (rows, cols); `case.load` is not to be called.

    `outside` counts the true defects of which no pixel was to be judged. `unlike` is True for an image that is unlike
    the training images, `is_own_reference` for one that was compared with itself.
    """

    case: ScoredImage
    anomaly_map: np.ndarray
    outside: int = 0
    unlike: bool = False
    is_own_reference: bool = False

    @property
    def shows_nothing(self) -> bool:
        """Whether all its defects lie where nothing was to be judged."""
        return self.outside > 0 and not self.case.defects


class Judge:
    """Inspects test images. In another process, the method is made again from the settings.

    Parameters
    ----------
    settings : InspectSettings
        Of the inspection.
    method : Method, optional
        By default the one that the settings ask for, made on first use.
    """

    def __init__(self, settings: InspectSettings, method: Method | None = None) -> None:
        self._settings = settings
        self._method = method

    def __getstate__(self) -> dict[str, Any]:
        return {"_settings": self._settings, "_method": None}

    @property
    def name(self) -> str:
        """What distinguishes it from others."""
        return f"evaluate {self._settings!r}"

    def elsewhere(self) -> Judge:
        """Return the judge for a machine with another working folder."""
        return Judge(settings_elsewhere(self._settings))

    def prepare(self) -> None:
        """Make the method, in a process of its own; raises as `choose_method`."""
        self._used()

    def __call__(self, task: JudgeTask) -> Judged | ErrorRecord:
        """Inspect one test image; never raises for what is wrong with it."""
        return or_error(InputImage(task.given, task.path), lambda found: self._judge(found.given, task))

    def _judge(self, given: str, task: JudgeTask) -> Judged:
        labelled = task.labelled
        image = read_image(labelled.path, self._settings.read, given=given)
        truth = read_defect_mask(labelled.mask, image.pixels.shape) if labelled.mask else None
        judged = inspect_image(image, given, self._settings, self._used())
        wanted = _wanted(image, judged.record.data_bar_px)
        anomaly_map = _without_nuisance(judged, self._settings.regions.threshold)
        case = scored_image(
            given,
            labelled.class_name,
            anomaly_map,
            truth,
            defective=labelled.defective,
            wanted=wanted,
            predicted_class=judged.record.class_name,
            types=() if truth is None else _types(judged, truth & wanted, task),
            has_region_class=any(region.class_name is not None for region in judged.regions),
            nm_per_pixel=image.nm_per_pixel,
        )
        return Judged(
            replace(case, load=_nowhere),
            anomaly_map,
            outside=0 if truth is None else _count_outside(truth, wanted),
            unlike=bool(judged.record.unlike_training),
            is_own_reference=OWN_REFERENCE in judged.record.warnings,
        )

    def _used(self) -> Method:
        if self._method is None:
            self._method = choose_method(self._settings)
        return self._method


def _types(judged: InspectedImage, truth: np.ndarray, task: JudgeTask) -> tuple[DefectType, ...]:
    """Return the type of each true defect, and the class of the region on it."""
    counting = {label: region for label, region in enumerate(judged.regions, start=1) if not region.nuisance}
    return type_defects(truth, judged.labels, counting, task.folder, task.planted)


def _wanted(image: SemImage, bar_rows: int) -> np.ndarray:
    """Return where an image was to be judged, bool (rows, cols): neither its data bar nor what the user left out."""
    wanted = np.ones(image.pixels.shape, bool) if image.ignored is None else ~image.ignored
    wanted[wanted.shape[0] - bar_rows :] = False
    return wanted


def _without_nuisance(judged: InspectedImage, threshold: float) -> np.ndarray:
    """Return the map with nuisance regions cut off at the threshold, as the score of the image has it."""
    values = judged.anomaly_map.values
    nuisance = [label for label, region in enumerate(judged.regions, start=1) if region.nuisance]
    if not nuisance:
        return values
    return np.where(np.isin(judged.labels, nuisance), np.minimum(values, np.float32(threshold)), values)


def _count_outside(truth: np.ndarray, wanted: np.ndarray) -> int:
    """Count the true defects of which no pixel was to be judged."""
    if wanted.all():
        return 0
    count, labels = cv2.connectedComponents(truth.astype(np.uint8), connectivity=8)
    return count - 1 - np.setdiff1d(labels[wanted], 0).size


def _nowhere() -> np.ndarray:
    raise RuntimeError("the map lies elsewhere")
