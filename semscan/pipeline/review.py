"""What a finished network says of the images it was made from: which look odd, where 0.5 lies, what it misses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semscan.errors import SemscanError
from semscan.files.model_folder import ModelFolder
from semscan.files.read import read_image
from semscan.image.clean import clean
from semscan.maps.scale import to_map
from semscan.pipeline import teach
from semscan.pipeline.accepted import region_peaks
from semscan.pipeline.course import Course
from semscan.pipeline.few import Few
from semscan.pipeline.odd import FirstLook, Odd, look_again, odd_record, without_odd
from semscan.pipeline.real import AcceptedRegions
from semscan.pipeline.trained import ModelWitness
from semscan.pipeline.trainset import TrainSet
from semscan.settings import TrainSettings

ABOVE = 1.05  # an accepted region is kept this far below 0.5
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Dirt:
    """What is known of the data beside the good images before training: odd images, labelled ones, accepted regions."""

    first: FirstLook
    few: Few | None = None
    accepted: AcceptedRegions | None = None


def review(graph: bytes, config: dict, images: TrainSet, course: Course, dirt: Dirt, settings: TrainSettings, say: Say):
    """Set 0.5 and look at the training images again.

    Held-back images that look odd, before training or to the network, have no say in 0.5 (at least half of them
    stay). Accepted regions are kept below 0.5, as long as half of the painted defects stay above it.

    Returns
    -------
    calibration : dict
    training : dict
        ``odd_images``, and what was found of labelled images and accepted regions.
    """
    unset = {**config, "calibration": teach.no_calibration(course, settings)}
    folder = ModelFolder(Path(settings.out), unset, graph, "")
    if config["kind"] != "autoencoder":
        return teach.calibrate(folder, images, course.held, course, settings), {}
    witness = ModelWitness(folder)
    numbers = [number for number, _, _ in course.held]
    again, peaks = look_again(witness.look, images.gallery, numbers)
    held = without_odd(course.held, [*dirt.first.odd, *again])
    calibration = teach.calibrate(folder, images, held, course, settings)
    gone = sorted({number for number, _, _ in course.held} - {number for number, _, _ in held})
    if gone:
        named = ", ".join(images.gallery.paths[number].name for number in gone)
        calibration["held_back"] += f", of which {len(gone)} that look odd have no say in 0.5 ({named})"
    found: dict = {}
    if dirt.accepted is not None:
        found["accepted"] = _keep_below(calibration, region_peaks(witness.look, dirt.accepted), graph, course, say)
    threshold = calibration["raw_threshold"]
    odd = [*dirt.first.odd, *(_with_score(one, peaks[one.number], threshold) for one in again)]
    found["odd_images"] = odd_record(_merged(odd), images)
    for one in again:
        reason = _with_score(one, peaks[one.number], threshold).reason
        say(f"warning: {images.gallery.paths[one.number]} looks odd among the good images: {reason}")
    if odd:
        say(f"{len(found['odd_images'])} of the good images look odd: look at them, and train again without those that "
            "have a defect.")
    if dirt.few is not None:
        found["labelled"] = dirt.few.used | _checked(witness, dirt.few.rest, threshold, settings, say)
    return calibration, found


def _keep_below(calibration: dict, peaks: np.ndarray, graph: bytes, course: Course, say: Say) -> dict[str, int]:
    """Raise the threshold above the accepted regions where that may be; see `review`."""
    before = calibration["raw_threshold"]
    most = teach.within_reach(graph, course, 0.5)
    wanted = float(peaks.max()) * ABOVE
    after = max(before, min(wanted, most))
    calibration["raw_threshold"] = after
    above = int((peaks > after).sum())
    if after > before:
        say(f"0.5 is raised from raw score {before:.4g} to {after:.4g} for the sake of the accepted regions.")
    if above:
        say(f"warning: {above} of {len(peaks)} accepted regions still lie above 0.5: they look too much like defects "
            "to go any higher")
    return {"regions": len(peaks), "still_above": above}


def _with_score(one: Odd, peak: float, threshold: float) -> Odd:
    score = float(to_map(np.array([peak], np.float32), threshold)[0])
    return Odd(one.number, f"the finished network sees in it what it sees in no other (score {score:.2f})", one.far)


def _merged(odd: Sequence[Odd]) -> list[Odd]:
    reasons: dict[int, list[str]] = {}
    for one in odd:
        reasons.setdefault(one.number, []).append(one.reason)
    return [Odd(number, "; ".join(said), 0.0) for number, said in reasons.items()]


def _checked(
    witness: ModelWitness, paths: Sequence[Path], threshold: float, settings: TrainSettings, say: Say
) -> dict[str, int]:
    """How many labelled images that were not trained on have a score above 0.5."""
    scores = []
    for path in paths[:teach.MOST_CHECKED]:
        try:
            raw = witness(clean(read_image(path, settings.read), settings.read)).raw
        except SemscanError as error:
            say(f"left out: {error}")
            continue
        scores.append(float(np.sort(raw, axis=None)[-min(4, raw.size)]))
    if not scores:
        return {}
    seen = sum(score > threshold for score in scores)
    say(f"{seen} of the {len(scores)} labelled images that were not trained on have a score above 0.5.")
    return {"checked": len(scores), "checked_above": seen}
