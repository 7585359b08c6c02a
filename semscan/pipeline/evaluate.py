"""Evaluate: find the images whose answer is known, inspect them, put their maps aside, and measure."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

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
from semscan.pipeline.inspect import InspectedImage, inspect_image
from semscan.pipeline.methods.base import Method, choose_method
from semscan.pipeline.run.error_records import as_record
from semscan.report.pictures.evaluation_curves import draw_measured
from semscan.report.pictures.failures import Failure, cut_failure, draw_failures
from semscan.report.record import to_json
from semscan.report.text.evaluation import evaluation_lines, notes
from semscan.scores.defects import Component
from semscan.scores.evaluation import Evaluation, evaluate_maps
from semscan.scores.scored_image import ScoredImage, scored_image
from semscan.scores.types import DefectType, type_defects
from semscan.settings import EvaluateSettings, InspectSettings

CURVES = "curves.png"
FAILURES = "failures.png"
KEYS = {"data", "status", "method", "images", "outputs"}  # of every evaluation.json
Progress = Callable[[str, int], None]


def evaluate(
    data: Path,
    settings: EvaluateSettings,
    *,
    method: Method | None = None,
    progress: Progress = lambda doing, total: None,
) -> dict[str, Any]:
    """Inspect the test images of `data` and measure the maps against what is true.

    Parameters
    ----------
    data : Path
        A folder in one of the layouts of `semscan.files.datasets.labelled_images.find_labelled_images`.
    settings : EvaluateSettings
    method : Method, optional
        Who looks; by default the one that `settings` ask for.
    progress : callable
        Told after each image what is being done, and to how many.

    Returns
    -------
    dict
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
    record: dict[str, Any] = {"data": str(data), "status": "ok", "said": found.description}
    record |= {"method": method.name, "model": method.provenance.model, "seed": settings.seed}
    record |= {"fingerprint": method.provenance.fingerprint}
    with ArraySpool(out) as spool:
        cases, failed = _look(data, found, settings.inspect, method, spool, progress)
        if not cases:
            raise BadDataError(f"none of the {len(failed)} images can be inspected; the first: {failed[0]['error']}")
        measured = evaluate_maps(
            cases,
            settings.inspect.regions.threshold,
            seed=settings.seed,
            draws=settings.draws,
            progress=lambda: progress("measuring", len(cases)),
        )
        record |= _without_threshold(measured.figures) if method.raw_threshold is None else measured.figures
        record["notes"] = _notes(record, method, found)
        record["failed"] = failed
        pictures = _pictures(record, measured, settings)
    record["outputs"] = {"record": str(out / RECORD)} | {Path(name).stem: str(out / name) for name in pictures}
    record["seconds"] = round(time.monotonic() - began, 1)
    write_text(out / RECORD, to_json(record) + "\n")  # first: it says that the pictures are ours
    for name, picture in pictures.items():
        write_bytes(out / name, picture)
    return record


def evaluation_text(record: Mapping[str, Any]) -> list[str]:
    """The evaluation as lines to read."""
    return evaluation_lines(record)


def _check_out(out: Path) -> None:
    """Refuse a folder whose files of our names are not those of an earlier evaluation, such as a model's."""
    there = [name for name in (RECORD, CURVES, FAILURES) if os.path.lexists(out / name)]
    if there and not set(read_evaluation(out) or ()) >= KEYS:
        raise OutputError(f"{out / there[0]} is there and not of an evaluation; move it away, or name another --out")


def _look(
    data: Path, found: LabelledSet, settings: InspectSettings, method: Method, spool: ArraySpool, progress: Progress
) -> tuple[list[ScoredImage], list[dict[str, Any]]]:
    """Inspect each image; its map goes to the spool. Also the records of those that could not be."""
    cases, failed = [], []
    planted = read_synth_index(data)
    for labelled in found.images:

        def one(named: InputImage, labelled: LabelledImage = labelled) -> dict[str, Any]:
            below = labelled.path.relative_to(data)
            return {"status": "ok", "case": _case(labelled, named.given, below, planted, settings, method, spool)}

        record = as_record(InputImage(str(labelled.path), labelled.path), one)
        if record["status"] == "ok":
            cases.append(record["case"])
        else:
            failed.append(record)
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
    named = any(region.class_name is not None for region in judged.inspection.regions)
    return scored_image(
        given,
        labelled.class_name,
        judged.anomaly_map.values,
        truth,
        defective=labelled.defective,
        load=lambda: spool.get(number),
        predicted_class=judged.inspection.class_name,
        types=types,
        has_region_class=named,
    )


def _types(judged: InspectedImage, truth: np.ndarray, folder: str | None, planted: Planted) -> tuple[DefectType, ...]:
    """The type of each true defect, and what the region on it is called."""
    counting = {n: region for n, region in enumerate(judged.inspection.regions, start=1) if not region.nuisance}
    return type_defects(truth, judged.labels, counting, folder, planted)


def _without_threshold(figures: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of a model without a calibrated threshold: the order of scores and the classes alone."""
    return {**figures, "at_threshold": None, "classes": None, "types": None}


def _notes(record: Mapping[str, Any], method: Method, found: LabelledSet) -> list[str]:
    calibration = method.provenance.calibration
    said = notes(record, {} if calibration is None else calibration.to_json())
    if not found.held_out:
        said.append("there is no test folder: if the model was trained on these images the figures are too good")
    return said


def _pictures(record: Mapping[str, Any], measured: Evaluation, settings: EvaluateSettings) -> dict[str, bytes]:
    """The pictures as PNG, by the name of their file."""
    title = f"{record['data']}, {record['images']} images"
    drawn = {}
    if measured.lines:
        drawn[CURVES] = draw_measured(measured.lines, record, title)
    if record.get("at_threshold"):
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
