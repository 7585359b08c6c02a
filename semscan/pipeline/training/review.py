"""The finished network on the images it was made from: which look unusual, the threshold, what it misses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from semscan.errors import SemscanError
from semscan.files.images.read import read_image
from semscan.files.models.folder import ModelFolder
from semscan.image.clean import clean
from semscan.maps.normalise import normalise_map
from semscan.phrases import plural
from semscan.pipeline.detection.painted import at_threshold, try_in_files
from semscan.pipeline.methods.looks import only_looks
from semscan.pipeline.methods.model import ModelMethod
from semscan.pipeline.training.calibration import (
    DETECTED_BY_TAIL,
    calibrate_held_out,
    good_parts,
    painted_peaks,
    usable_threshold,
)
from semscan.pipeline.training.data.accepted_regions import region_peaks
from semscan.pipeline.training.data.dataset import TrainSet
from semscan.pipeline.training.data.examples import AcceptedRegions
from semscan.pipeline.training.data.labelled_defects import LabelledDefects
from semscan.pipeline.training.data.split import HeldPart
from semscan.pipeline.training.findings import TrainingFindings
from semscan.pipeline.training.outliers import Outlier, find_outliers_with_model, outlier_notes, without_outliers
from semscan.pipeline.training.plan import TrainingPlan
from semscan.robust import region_peak
from semscan.scores.detection.curve import detection_curve
from semscan.settings import ReadSettings, TrainSettings
from semscan.settings.networks import NETWORKS
from semscan.values.detection import DetectionCurve, TriedDefect
from semscan.values.model.calibration import ACCEPTED, Calibration
from semscan.values.model.looks import CalibratedLooks
from semscan.values.model.training import AcceptedCount, LabelledCount, OutlierNote

ABOVE = 1.05  # the threshold is this much above the accepted regions
LOST = 0.1  # of the labelled defects, at most, that it loses by that
MOST_CHECKED = 200  # labelled images
Log = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Review:
    """The calibration of a fitted network, and what else was found; None where it does not apply.

    `painted` says which of the defects painted into held-out good images the network finds. `other_looks` holds both
    for the other numbers of looks at each tile.
    """

    calibration: Calibration
    painted: DetectionCurve | None = None
    other_looks: Mapping[int, CalibratedLooks] = field(default_factory=dict)
    accepted: AcceptedCount | None = None
    outliers: tuple[OutlierNote, ...] | None = None
    labelled: LabelledCount | None = None


def review(
    folder: ModelFolder,
    images: TrainSet,
    plan: TrainingPlan,
    findings: TrainingFindings,
    settings: TrainSettings,
    log: Log,
) -> Review:
    """Set the threshold and check the training images again.

    Held-out images that look unusual, before training or to the network, do not set the threshold (at least half of
    them stay). Accepted regions are kept below it, as long as a quarter of the defects painted into
    held-out patches stays above it, half of those that are found without them, and nine in ten of the labelled
    defects that are.

    Parameters
    ----------
    folder : ModelFolder
        The model, without a calibration yet.
    images : TrainSet
    plan : TrainingPlan
    findings : TrainingFindings
        Those from before training.
    settings : TrainSettings
    log : callable
        Gets what a person should know, line by line.
    """
    if NETWORKS[folder.config.network.kind].needs_classes:
        calibration = calibrate_held_out(folder, images, plan.held, plan, settings)
        tried = _try_painted(folder, calibration, images, plan.held, settings)
        return Review(calibration, detection_curve(tried, folder.config.training_domain.nm_per_pixel))
    method = ModelMethod(folder)
    numbers = [part.number for part in plan.held]
    again, peaks = find_outliers_with_model(method.at_training_scale, images.cache, numbers)
    held = without_outliers(plan.held, [*findings.outliers.outliers, *again])
    calibrated, accepted = _calibrated(folder, images, plan, held, findings, settings, log)
    threshold = calibrated.calibration.raw_threshold
    if threshold is None:  # a plan always holds out a part, so this is a fault in the plan
        raise ValueError("the training plan holds out no part of the good images")
    others = {}
    for number in folder.config.looks.painted_ap:
        if number != folder.config.looks.default:
            other = replace(folder, config=only_looks(folder.config, number))
            others[number], _ = _calibrated(other, images, plan, held, findings, settings, lambda line: None)
    scored = [_with_score(outlier, peaks[outlier.number], threshold) for outlier in again]
    outliers = _report_outliers(findings.outliers.outliers, scored, images, log)
    labelled = _check_labelled(method, findings.labelled, threshold, settings.read, log)
    return Review(calibrated.calibration, calibrated.painted, others, accepted, outliers, labelled)


def _calibrated(
    folder: ModelFolder,
    images: TrainSet,
    plan: TrainingPlan,
    held: Sequence[HeldPart],
    findings: TrainingFindings,
    settings: TrainSettings,
    log: Log,
) -> tuple[CalibratedLooks, AcceptedCount | None]:
    """Set the threshold of a network on `held`, below accepted regions, and see which painted defects exceed it."""
    calibration = calibrate_held_out(folder, images, held, plan, settings)
    calibration = _naming_left_out(calibration, plan.held, held, images)
    tried = _try_painted(folder, calibration, images, held, settings)
    accepted = None
    if findings.accepted is not None:
        score = ModelMethod(folder).at_training_scale
        accepted_peaks = region_peaks(score, findings.accepted)
        highest = usable_threshold(painted_peaks(folder, plan, settings.seed), DETECTED_BY_TAIL)
        if findings.labelled is not None and findings.labelled.defects is not None:
            defects = findings.labelled.defects
            peaks = region_peaks(score, AcceptedRegions(defects.images, defects.places))
            highest = min(highest, _keeping(peaks, calibration.raw_threshold or 0.0))
        calibration, tried, accepted = _keep_below(calibration, tried, accepted_peaks, highest, log)
    return CalibratedLooks(calibration, detection_curve(tried, folder.config.training_domain.nm_per_pixel)), accepted


def _naming_left_out(
    calibration: Calibration, held: Sequence[HeldPart], kept: Sequence[HeldPart], images: TrainSet
) -> Calibration:
    """Name the held-out images that do not set the threshold."""
    left_out = sorted({part.number for part in held} - {part.number for part in kept})
    if not left_out:
        return calibration
    named = ", ".join(images.cache.paths[number].name for number in left_out)
    words = f"{calibration.held_out}, of which {len(left_out)} that look odd do not set the threshold ({named})"
    return replace(calibration, held_out=words)


def _report_outliers(
    before: Iterable[Outlier], again: Sequence[Outlier], images: TrainSet, log: Log
) -> tuple[OutlierNote, ...]:
    """Log the outliers that the network found; return those and the ones from `before` training for config.json."""
    found = outlier_notes(_merged([*before, *again]), images)
    for outlier in again:
        log(f"warning: {images.cache.paths[outlier.number]} looks odd among the good images: {outlier.reason}")
    if found:
        log(
            f"{len(found)} of the good images look unusual: check them, and train again without those "
            "that have a defect."
        )
    return found


def _try_painted(
    folder: ModelFolder, calibration: Calibration, images: TrainSet, held: Sequence[HeldPart], settings: TrainSettings
) -> tuple[TriedDefect, ...]:
    """Paint defects into the held-out parts and see which the calibrated network finds."""
    calibrated = replace(folder, config=replace(folder.config, calibration=calibration))
    return try_in_files(calibrated, good_parts(images, held), settings.read, settings.seed)


def _keep_below(
    calibration: Calibration,
    tried: tuple[TriedDefect, ...],
    peaks: np.ndarray,
    highest: float,
    log: Log,
) -> tuple[Calibration, tuple[TriedDefect, ...], AcceptedCount]:
    """Raise the threshold above the accepted regions, at most to `highest`, and so that half of what is found stays."""
    before = calibration.raw_threshold or 0.0
    found = [one.peak for one in tried if one.found]
    if found:
        highest = min(highest, before * float(np.median(found)))
    after = max(before, min(float(peaks.max()) * ABOVE, highest))
    above = int((peaks > after).sum())
    if after > before:
        tried = at_threshold(tried, after / before)
        log(
            f"The threshold is raised from raw score {before:.4g} to {after:.4g} because of the accepted regions. "
            f"Of {len(tried)} painted defects it finds {sum(one.found for one in tried)}, before {len(found)}."
        )
        calibration = replace(calibration, raw_threshold=after, rule=ACCEPTED)
    if above:
        log(
            f"warning: {above} of {plural(len(peaks), 'accepted region')} still lie above the threshold: it is not "
            "raised further, because they look too much like defects"
        )
    return calibration, tried, AcceptedCount(len(peaks), above)


def _keeping(peaks: np.ndarray, threshold: float) -> float:
    """Return the highest threshold above which nine in ten of the labelled defects stay that exceed `threshold`."""
    found = peaks[peaks > threshold]
    return float(np.quantile(found, LOST, method="lower")) * (1 - 1e-6) if found.size else np.inf


def _with_score(outlier: Outlier, peak: float, threshold: float) -> Outlier:
    score = float(normalise_map(np.array([peak], np.float32), threshold)[0])
    reason = f"the finished network scores a place in it as in no other image (score {score:.2f})"
    return Outlier(outlier.number, reason, outlier.far)


def _merged(outliers: Iterable[Outlier]) -> list[Outlier]:
    """Join the reasons of each image."""
    reasons: dict[int, list[str]] = {}
    for outlier in outliers:
        reasons.setdefault(outlier.number, []).append(outlier.reason)
    return [Outlier(number, "; ".join(joined), 0.0) for number, joined in reasons.items()]


def _check_labelled(
    method: ModelMethod, labelled: LabelledDefects | None, threshold: float, read: ReadSettings, log: Log
) -> LabelledCount | None:
    """Count the labelled images that were not trained on and have a score above the threshold; None without any."""
    if labelled is None:
        return None
    scores = []
    for path in labelled.rest[:MOST_CHECKED]:
        try:
            raw = method(clean(read_image(path, read), read)).raw
        except SemscanError as error:
            log(f"left out: {error}")
            continue
        scores.append(region_peak(raw))
    if not scores:
        return labelled.count
    above = sum(score > threshold for score in scores)
    were, have = ("was", "has") if len(scores) == 1 else ("were", "have")
    images = plural(len(scores), "labelled image")
    log(f"{above} of {images} that {were} not trained on {have} a score above the threshold.")
    return replace(labelled.count, checked=len(scores), checked_above=above)
