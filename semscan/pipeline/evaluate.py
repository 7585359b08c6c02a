"""Evaluate: find the images whose defects are known, inspect them, spool their maps to disk, and measure."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from semscan.errors import BadDataError, OutputError
from semscan.files.datasets.labelled_images import LabelledImage, LabelledSet, find_labelled_images, read_defect_mask
from semscan.files.datasets.synth_index import Planted, read_synth_index
from semscan.files.disk.array_spool import ArraySpool
from semscan.files.disk.atomic import write_bytes, write_text
from semscan.files.disk.encode import png_bytes
from semscan.files.find.images import InputImage
from semscan.files.images.read import read_image
from semscan.files.results.compare_folder import EVALUATION as RECORD
from semscan.files.results.compare_folder import read_evaluation
from semscan.image.clean import clean
from semscan.pipeline.detection.real import compare_detection
from semscan.pipeline.inspect import InspectedImage, inspect_image
from semscan.pipeline.methods.base import Method, choose_method, lot_methods
from semscan.pipeline.run.error_records import or_error
from semscan.report.pictures.failures import Failure, cut_failure, draw_failures
from semscan.report.plots.detection_curves import draw_detection
from semscan.report.plots.evaluation_curves import draw_measured
from semscan.report.record import json_line
from semscan.report.text.evaluation import evaluation_notes
from semscan.scores.defects import Component
from semscan.scores.evaluation import EvaluatedMaps, evaluate_maps
from semscan.scores.scored_image import ScoredImage, scored_image
from semscan.scores.types import DefectType, type_defects
from semscan.settings import EvaluateSettings, InspectSettings
from semscan.values.evaluation import Evaluation
from semscan.values.record import ErrorRecord

CURVES = "curves.png"
FAILURES = "failures.png"
DETECTION = "sensitivity.png"
KEYS = {"data", "status", "method", "images", "outputs"}  # every evaluation.json has them
Progress = Callable[[str, int], None]


def evaluate(
    data: Path,
    settings: EvaluateSettings,
    *,
    method: Method | None = None,
    progress: Progress = lambda doing, total: None,
) -> Evaluation:
    """Inspect the test images of `data` and measure the maps against the ground truth.

    Parameters
    ----------
    data : Path
        A folder in one of the layouts of `semscan.files.datasets.labelled_images.find_labelled_images`.
    settings : EvaluateSettings
    method : Method, optional
        By default the one that `settings` ask for.
    progress : callable
        Called after each image with the name of the step, and the number of images in it.

    Returns
    -------
    Evaluation
        What `evaluation.json` holds; `failed` has a record for each image that could not be inspected.

    Raises
    ------
    BadDataError, BadModelError, OutputError
    """
    began = time.monotonic()
    out = Path(settings.out)
    _check_out(out)
    found = find_labelled_images(data, settings.good, skip=out)
    method = method or choose_method(settings.inspect)
    for each in lot_methods(method):
        each.gather([image.path for image in found.images])
    with ArraySpool(out) as spool:
        cases, failed = _inspect_all(data, found, settings.inspect, method, spool, progress)
        if not cases:
            raise BadDataError(f"none of the {len(failed)} images can be inspected; the first: {failed[0].error}")
        measured = evaluate_maps(
            cases,
            settings.inspect.regions.threshold,
            seed=settings.seed,
            draws=settings.draws,
            progress=lambda: progress("measuring", len(cases)),
        )
        evaluation = _evaluation(data, found, measured, method, settings)
        detection = compare_detection(cases, method, settings.inspect, settings.seed)
        evaluation = replace(evaluation, detection=detection, failed=tuple(failed))
        evaluation = replace(evaluation, notes=tuple(_notes(evaluation, method, found)))
        pictures = _pictures(evaluation, measured, settings)
    outputs = {"record": str(out / RECORD)} | {Path(name).stem: str(out / name) for name in pictures}
    evaluation = replace(evaluation, outputs=outputs, seconds=round(time.monotonic() - began, 1))
    write_text(out / RECORD, json_line(evaluation.to_json()) + "\n")  # first: it says that the pictures are ours
    for name, picture in pictures.items():
        write_bytes(out / name, picture)
    return evaluation


def _evaluation(
    data: Path, found: LabelledSet, measured: EvaluatedMaps, method: Method, settings: EvaluateSettings
) -> Evaluation:
    """Return the figures with what was evaluated on what."""
    figures = measured.figures
    if method.raw_threshold is None:  # the order of scores and the classes alone are defined
        figures = {**figures, "at_threshold": None, "classes": None, "types": None}
    about = {
        "data": str(data),
        "said": found.description,
        "method": method.name,
        "model": method.provenance.model,
        "seed": settings.seed,
        "fingerprint": method.provenance.fingerprint,
    }
    return Evaluation.parse({**about, **figures})


def _check_out(out: Path) -> None:
    """Refuse a folder whose files of our names are not those of an earlier evaluation, such as a model's."""
    there = [name for name in (RECORD, CURVES, DETECTION, FAILURES) if os.path.lexists(out / name)]
    earlier = read_evaluation(out)
    if there and (earlier is None or earlier.absent & KEYS):
        raise OutputError(f"{out / there[0]} is there and not of an evaluation; move it away, or name another --out")


def _inspect_all(
    data: Path, found: LabelledSet, settings: InspectSettings, method: Method, spool: ArraySpool, progress: Progress
) -> tuple[list[ScoredImage], list[ErrorRecord]]:
    """Inspect each image and spool its map; return also the records of images that could not be inspected."""
    cases: list[ScoredImage] = []
    failed: list[ErrorRecord] = []
    planted = read_synth_index(data)
    for labelled in found.images:

        def one(named: InputImage, labelled: LabelledImage = labelled) -> ScoredImage:
            below = labelled.path.relative_to(data)
            return _case(labelled, named.given, below, planted, settings, method, spool)

        case = or_error(InputImage(str(labelled.path), labelled.path), one)
        if isinstance(case, ErrorRecord):
            failed.append(case)
        else:
            cases.append(case)
        progress("inspecting", len(found.images))
    return cases, failed


def _case(
    labelled: LabelledImage,
    given: str,
    below: Path,
    planted: Mapping[str, Planted],
    settings: InspectSettings,
    method: Method,
    spool: ArraySpool,
) -> ScoredImage:
    image = read_image(labelled.path, settings.read, given=given)
    truth = read_defect_mask(labelled.mask, image.pixels.shape) if labelled.mask else None
    judged = inspect_image(image, given, settings, method)
    number = spool.put(judged.anomaly_map.values)
    folder = labelled.class_name if labelled.class_name in below.parts[:-1] else None  # a loose image has none
    types = () if truth is None else _types(judged, truth, folder, planted.get(below.as_posix(), ()))
    named = any(region.class_name is not None for region in judged.regions)
    return scored_image(
        given,
        labelled.class_name,
        judged.anomaly_map.values,
        truth,
        defective=labelled.defective,
        load=lambda: spool.get(number),
        predicted_class=judged.record.class_name,
        types=types,
        has_region_class=named,
        nm_per_pixel=image.nm_per_pixel,
    )


def _types(judged: InspectedImage, truth: np.ndarray, folder: str | None, planted: Planted) -> tuple[DefectType, ...]:
    """Return the type of each true defect, and the class of the region on it."""
    counting = {label: region for label, region in enumerate(judged.regions, start=1) if not region.nuisance}
    return type_defects(truth, judged.labels, counting, folder, planted)


def _notes(evaluation: Evaluation, method: Method, found: LabelledSet) -> list[str]:
    calibration = method.provenance.calibration
    false_alarms = getattr(calibration, "false_alarms", None)
    is_calibrated = method.raw_threshold is not None
    notes = evaluation_notes(evaluation, is_calibrated=is_calibrated, false_alarms=false_alarms)
    if not found.held_out:
        notes.append("there is no test folder: if the model was trained on these images the figures are too good")
    return notes


def _pictures(evaluation: Evaluation, measured: EvaluatedMaps, settings: EvaluateSettings) -> dict[str, bytes]:
    """Return the pictures as PNG, by the name of their file."""
    title = f"{evaluation.data}, {evaluation.images} images"
    drawn = {}
    if measured.lines:
        drawn[CURVES] = draw_measured(measured.lines, evaluation, title)
    detection = evaluation.detection
    if detection is not None:
        drawn[DETECTION] = draw_detection(detection.painted, detection.real, title)
    if evaluation.at_threshold is not None:
        misses, alarms = (
            [_failure(case, component, settings.inspect) for case, component in worst[: settings.shown]]
            for worst in (measured.misses, measured.false_alarms)
        )
        drawn[FAILURES] = png_bytes(draw_failures(misses, alarms))
    return drawn


def _failure(case: ScoredImage, component: Component, settings: InspectSettings) -> Failure:
    path = Path(case.name)
    image = clean(read_image(path, settings.read), settings.read)
    words = f"{case.class_name}/{path.name}   peak {component.peak:.2f}   {component.area} px"
    return cut_failure(words, image, case.load(), case.truth, settings.regions.threshold, component.box)
