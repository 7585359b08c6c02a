"""Evaluate: find the images whose defects are known, inspect them, spool their maps to disk, and measure."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from semscan.errors import BadDataError, OutputError, UsageFault
from semscan.files.datasets.labelled_images import LabelledImage, LabelledSet, find_labelled_images
from semscan.files.datasets.synth_index import read_synth_index
from semscan.files.disk.array_spool import ArraySpool
from semscan.files.disk.atomic import write_bytes, write_text
from semscan.files.disk.encode import png_bytes
from semscan.files.find.images import InputImage
from semscan.files.images.read import read_image
from semscan.files.results.compare_folder import EVALUATION as RECORD
from semscan.files.results.compare_folder import read_evaluation
from semscan.image.clean import clean
from semscan.phrases import plural
from semscan.pipeline.detection.real import compare_detection
from semscan.pipeline.evaluating.judge import Judge, Judged, JudgeTask
from semscan.pipeline.methods.base import Method, choose_method, lot_methods
from semscan.pipeline.run.error_records import file_error
from semscan.pipeline.run.parallel import ordered_map
from semscan.pipeline.run.side_by_side import side_by_side
from semscan.pipeline.run.workers import WorkerLost
from semscan.report.pictures.failures import Failure, cut_failure, draw_failures
from semscan.report.plots.detection_curves import draw_detection
from semscan.report.plots.evaluation_curves import draw_measured
from semscan.report.record import json_line
from semscan.report.text.evaluation import evaluation_notes
from semscan.scores.defects import Component
from semscan.scores.evaluation.maps import EvaluatedMaps, evaluate_maps
from semscan.scores.scored_image import ScoredImage
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
    is_given = method is not None
    method = method or choose_method(settings.inspect)
    lots = lot_methods(method)
    if lots and settings.inspect.cluster is not None:
        raise UsageFault(f"--method {method.name} judges all images of a run together; leave out --cluster")
    for each in lots:
        each.gather([image.path for image in found.images])
    apart = settings.inspect.jobs > 1 and not is_given and not lots
    with ArraySpool(out) as spool:
        tested = _inspect_all(data, found, settings.inspect, method, spool, progress, apart=apart)
        cases, failed = tested.cases, tested.failed
        if not cases and failed:
            raise BadDataError(f"none of the {len(failed)} images can be inspected; the first: {failed[0].error}")
        if not cases:
            raise BadDataError("no image shows a defect where it is judged; check --ignore, --care and --databar")
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
        evaluation = replace(evaluation, notes=(*_notes(evaluation, method, found), *_notes_on_images(tested, found)))
        pictures = _pictures(evaluation, measured, settings)
    outputs = {"record": str(out / RECORD)} | {Path(name).stem: str(out / name) for name in pictures}
    evaluation = replace(evaluation, outputs=outputs, seconds=round(time.monotonic() - began, 1))
    write_text(out / RECORD, json_line(evaluation.to_json()) + "\n")  # first: it says that the pictures are ours
    for name, picture in pictures.items():
        write_bytes(out / name, picture)
    for name in {CURVES, DETECTION, FAILURES} - pictures.keys():  # of an earlier evaluation
        (out / name).unlink(missing_ok=True)
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


@dataclass(slots=True)
class _Tested:
    """The test images with their maps, and what is to be said of them; `failed` could not be inspected.

    `outside` counts the true defects where nothing was to be judged, `left_out` the images that have no others.
    """

    cases: list[ScoredImage] = field(default_factory=list)
    failed: list[ErrorRecord] = field(default_factory=list)
    outside: int = 0
    left_out: int = 0
    unlike: int = 0
    own_references: int = 0


def _inspect_all(
    data: Path,
    found: LabelledSet,
    settings: InspectSettings,
    method: Method,
    spool: ArraySpool,
    progress: Progress,
    *,
    apart: bool,
) -> _Tested:
    """Inspect each image and spool its map."""
    tested = _Tested()
    planted = read_synth_index(data)

    is_elsewhere = settings.cluster is not None

    def task(labelled: LabelledImage) -> JudgeTask:
        below = labelled.path.relative_to(data)
        folder = labelled.class_name if labelled.class_name in below.parts[:-1] else None  # a loose image has none
        return JudgeTask(str(labelled.path), labelled, folder, planted.get(below.as_posix(), ()))

    with side_by_side(Judge(settings, method), settings, apart=apart) as way:

        def one(test: JudgeTask) -> Judged | ErrorRecord:
            try:
                judged: Judged | ErrorRecord = way.act(test.elsewhere() if is_elsewhere else test)
            except WorkerLost as lost:
                judged = file_error(InputImage(test.given, test.path), str(lost))
            return judged

        with closing(ordered_map(one, map(task, found.images), way.jobs, way.stop)) as all_judged:
            for judged in all_judged:
                if isinstance(judged, ErrorRecord):
                    tested.failed.append(judged)
                else:
                    _take(judged, tested, spool)
                progress("inspecting", len(found.images))
    return tested


def _take(judged: Judged, tested: _Tested, spool: ArraySpool) -> None:
    """Keep one image for the figures, unless all its defects lie where nothing was to be judged."""
    tested.outside += judged.outside
    if judged.shows_nothing:
        tested.left_out += 1
        return
    tested.unlike += judged.unlike
    tested.own_references += judged.is_own_reference
    tested.cases.append(replace(judged.case, load=partial(spool.get, spool.put(judged.anomaly_map))))


def _notes(evaluation: Evaluation, method: Method, found: LabelledSet) -> list[str]:
    calibration = method.provenance.calibration
    false_alarms = getattr(calibration, "false_alarms", None)
    is_calibrated = method.raw_threshold is not None
    notes = evaluation_notes(evaluation, is_calibrated=is_calibrated, false_alarms=false_alarms)
    if not found.held_out:
        notes.append("there is no test folder: if the model was trained on these images the figures are too good")
    return notes


def _notes_on_images(tested: _Tested, found: LabelledSet) -> Iterator[str]:
    """Yield what figures do not show: what was left out, and images on which an inspection gives no verdict."""
    if tested.outside:
        without = f"; {plural(tested.left_out, 'image')} without others left out" if tested.left_out else ""
        yield f"{plural(tested.outside, 'defect')} where nothing is to be judged: not counted{without}"
    if tested.unlike:
        yield (
            f"{plural(tested.unlike, 'image')} unlike the training images: an inspection gives no verdict on them, "
            "here they count as others do"
        )
    if tested.own_references:
        yield f"{plural(tested.own_references, 'image')} compared with a copy of itself: no defect can be found in it"
    if found.orphans:
        named = ", ".join(path.name for path in found.orphans[:3]) + (", ..." if len(found.orphans) > 3 else "")
        yield f"{plural(len(found.orphans), 'mask')} of no test image, not used: {named}"


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
