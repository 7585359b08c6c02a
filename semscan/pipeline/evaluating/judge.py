"""One test image: inspect it, and keep what its figures need."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from semscan.files.datasets.labelled_images import LabelledImage, read_defect_mask
from semscan.files.datasets.synth_index import Planted
from semscan.files.find.images import InputImage
from semscan.files.images.read import read_image
from semscan.pipeline.inspect import InspectedImage, inspect_image
from semscan.pipeline.inspecting.elsewhere import settings_elsewhere
from semscan.pipeline.methods.base import Method, choose_method
from semscan.pipeline.run.error_records import or_error
from semscan.scores.scored_image import ScoredImage, scored_image
from semscan.scores.types import DefectType, type_defects
from semscan.settings import InspectSettings
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
    """What the figures need of a test image, and its map, float32 (rows, cols); `case.load` is not to be called."""

    case: ScoredImage
    anomaly_map: np.ndarray


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
        case = scored_image(
            given,
            labelled.class_name,
            judged.anomaly_map.values,
            truth,
            defective=labelled.defective,
            predicted_class=judged.record.class_name,
            types=() if truth is None else _types(judged, truth, task),
            has_region_class=any(region.class_name is not None for region in judged.regions),
            nm_per_pixel=image.nm_per_pixel,
        )
        return Judged(replace(case, load=_nowhere), judged.anomaly_map.values)

    def _used(self) -> Method:
        if self._method is None:
            self._method = choose_method(self._settings)
        return self._method


def _types(judged: InspectedImage, truth: np.ndarray, task: JudgeTask) -> tuple[DefectType, ...]:
    """Return the type of each true defect, and the class of the region on it."""
    counting = {label: region for label, region in enumerate(judged.regions, start=1) if not region.nuisance}
    return type_defects(truth, judged.labels, counting, task.folder, task.planted)


def _nowhere() -> np.ndarray:
    raise RuntimeError("the map lies elsewhere")
