"""What a finished network says of the images it was made from: which look unusual, where 0.5 lies, what it misses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semscan.errors import SemscanError
from semscan.files.images.read import read_image
from semscan.files.models.folder import ModelFolder
from semscan.image.clean import clean
from semscan.maps.normalise import normalise_map
from semscan.pipeline.methods.model import ModelMethod
from semscan.pipeline.training import fit
from semscan.pipeline.training.data.accepted_regions import region_peaks
from semscan.pipeline.training.data.dataset import TrainSet
from semscan.pipeline.training.data.examples import AcceptedRegions
from semscan.pipeline.training.data.labelled_defects import LabelledDefects
from semscan.pipeline.training.outliers import (
    Outlier,
    OutlierScan,
    find_outliers_with_model,
    outlier_record,
    without_outliers,
)
from semscan.pipeline.training.plan import TrainingPlan
from semscan.settings import TrainSettings

ABOVE = 1.05  # an accepted region is kept this far below 0.5
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class TrainingFindings:
    """What is known of the data beside the good images before training: odd images, labelled ones, accepted regions."""

    first: OutlierScan
    labelled: LabelledDefects | None = None
    accepted: AcceptedRegions | None = None


def review(
    graph: bytes,
    config: dict,
    images: TrainSet,
    plan: TrainingPlan,
    findings: TrainingFindings,
    settings: TrainSettings,
    say: Say,
):
    """Set 0.5 and look at the training images again.

    Held-back images that look unusual, before training or to the network, have no say in 0.5 (at least half of them
    stay). Accepted regions are kept below 0.5, as long as half of the painted defects stay above it.

    Returns
    -------
    calibration : dict
    training : dict
        ``odd_images``, and what was found of labelled images and accepted regions.
    """
    unset = {**config, "calibration": fit.unset_calibration(plan, settings)}
    folder = ModelFolder(Path(settings.out), unset, graph, "")
    if config["kind"] != "autoencoder":
        return fit.calibrate(folder, images, plan.held, plan, settings), {}
    method = ModelMethod(folder)
    numbers = [number for number, _, _ in plan.held]
    again, peaks = find_outliers_with_model(method.look, images.cache, numbers)
    held = without_outliers(plan.held, [*findings.first.outliers, *again])
    calibration = fit.calibrate(folder, images, held, plan, settings)
    gone = sorted({number for number, _, _ in plan.held} - {number for number, _, _ in held})
    if gone:
        named = ", ".join(images.cache.paths[number].name for number in gone)
        calibration["held_back"] += f", of which {len(gone)} that look odd have no say in 0.5 ({named})"
    found: dict = {}
    if findings.accepted is not None:
        found["accepted"] = _keep_below(calibration, region_peaks(method.look, findings.accepted), graph, plan, say)
    threshold = calibration["raw_threshold"]
    outliers = [*findings.first.outliers, *(_with_score(one, peaks[one.number], threshold) for one in again)]
    found["odd_images"] = outlier_record(_merged(outliers), images)
    for one in again:
        reason = _with_score(one, peaks[one.number], threshold).reason
        say(f"warning: {images.cache.paths[one.number]} looks odd among the good images: {reason}")
    if outliers:
        say(
            f"{len(found['odd_images'])} of the good images look unusual: look at them, and train again without those "
            "that have a defect."
        )
    if findings.labelled is not None:
        found["labelled"] = findings.labelled.used | _checked(method, findings.labelled.rest, threshold, settings, say)
    return calibration, found


def _keep_below(calibration: dict, peaks: np.ndarray, graph: bytes, plan: TrainingPlan, say: Say) -> dict[str, int]:
    """Raise the threshold above the accepted regions where that may be; see `review`."""
    before = calibration["raw_threshold"]
    most = fit.highest_usable_threshold(graph, plan, 0.5)
    wanted = float(peaks.max()) * ABOVE
    after = max(before, min(wanted, most))
    calibration["raw_threshold"] = after
    above = int((peaks > after).sum())
    if after > before:
        say(f"0.5 is raised from raw score {before:.4g} to {after:.4g} for the sake of the accepted regions.")
    if above:
        say(
            f"warning: {above} of {len(peaks)} accepted regions still lie above 0.5: they look too much like defects "
            "to go any higher"
        )
    return {"regions": len(peaks), "still_above": above}


def _with_score(one: Outlier, peak: float, threshold: float) -> Outlier:
    score = float(normalise_map(np.array([peak], np.float32), threshold)[0])
    return Outlier(one.number, f"the finished network sees in it what it sees in no other (score {score:.2f})", one.far)


def _merged(outliers: Sequence[Outlier]) -> list[Outlier]:
    reasons: dict[int, list[str]] = {}
    for one in outliers:
        reasons.setdefault(one.number, []).append(one.reason)
    return [Outlier(number, "; ".join(said), 0.0) for number, said in reasons.items()]


def _checked(
    method: ModelMethod, paths: Sequence[Path], threshold: float, settings: TrainSettings, say: Say
) -> dict[str, int]:
    """How many labelled images that were not trained on have a score above 0.5."""
    scores = []
    for path in paths[: fit.MOST_CHECKED]:
        try:
            raw = method(clean(read_image(path, settings.read), settings.read)).raw
        except SemscanError as error:
            say(f"left out: {error}")
            continue
        scores.append(float(np.sort(raw, axis=None)[-min(4, raw.size)]))
    if not scores:
        return {}
    seen = sum(score > threshold for score in scores)
    say(f"{seen} of the {len(scores)} labelled images that were not trained on have a score above 0.5.")
    return {"checked": len(scores), "checked_above": seen}
