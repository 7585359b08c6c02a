"""Where the threshold of a model comes from: good images through the very graph and tiles that inspect uses.

In training these are the held-out images, see `calibrate_held_out`; `semscan calibrate` takes new ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from semscan.files.images.read import read_image
from semscan.files.models.folder import ModelFolder
from semscan.image.clean import clean
from semscan.maps.fit_threshold import FittedThreshold, fit_threshold
from semscan.pipeline.methods.looks import looks_of
from semscan.pipeline.methods.model import ModelMethod, open_network
from semscan.pipeline.training.data.dataset import TrainSet
from semscan.pipeline.training.data.split import HeldPart
from semscan.pipeline.training.plan import TrainingPlan
from semscan.runtime.devices import AUTO
from semscan.runtime.session import cpu_count
from semscan.settings import ReadSettings, TrainSettings
from semscan.settings.networks import NETWORKS
from semscan.values.model.calibration import Calibration

DETECTED = 0.15  # of the painted, held-out defects, at least, must stay above the threshold
DETECTED_BY_TAIL = 0.25  # ... above one that is extrapolated
PAINTED = 128  # patches into which they are painted
BATCH = 8


@dataclass(frozen=True, slots=True)
class GoodPart:
    """A good image, and the first row and column of it that count."""

    path: Path
    row: int = 0
    col: int = 0


def calibrate_held_out(
    folder: ModelFolder, images: TrainSet, held: Sequence[HeldPart], plan: TrainingPlan, settings: TrainSettings
) -> Calibration:
    """Set the threshold of a fitted network on held-out good images.

    Parameters
    ----------
    folder : ModelFolder
        The model, without a calibration yet.
    images : TrainSet
    held : sequence of HeldPart
        Those of ``plan.held`` that count; without any the calibration stays unset.
    plan : TrainingPlan
    settings : TrainSettings
    """
    calibration = Calibration.unset(settings.false_alarms, plan.held_description)
    if not held:
        return calibration
    peaks = painted_peaks(folder, plan, settings.seed)
    highest = [usable_threshold(peaks, share) for share in (DETECTED, DETECTED_BY_TAIL)]
    measured = measure_threshold(folder, good_parts(images, held), settings.read, settings.false_alarms, *highest)
    return replace(
        calibration,
        raw_threshold=measured.raw_threshold,
        reached=measured.reached,
        worth=measured.worth,
        rule=measured.rule,
    )


def good_parts(images: TrainSet, held: Sequence[HeldPart]) -> list[GoodPart]:
    """Return held-out parts as places in their files."""
    return [GoodPart(images.cache.paths[number], *images.in_file(number, row, col)) for number, row, col in held]


def measure_threshold(
    folder: ModelFolder,
    parts: Iterable[GoodPart],
    read: ReadSettings,
    false_alarms: float,
    ceiling: float = float("inf"),
    tail_ceiling: float = float("inf"),
    *,
    device: str = AUTO,
) -> FittedThreshold:
    """Measure the raw threshold of a model on good images, or parts of them.

    Parameters
    ----------
    folder : ModelFolder
    parts : iterable of GoodPart
    read : ReadSettings
    false_alarms : float
        Wanted false regions per good image.
    ceiling : float
        The raw threshold is never set above this: a score that the network does not reach is not a threshold.
    tail_ceiling : float
        ... nor above this where the tail of few images is continued.
    device : str
        See `semscan.runtime.devices.choose_device`.
    """
    method = ModelMethod(folder, device=device)
    maps: list[np.ndarray] = []
    areas: list[np.ndarray] = []
    whole: list[int] = []
    for part in parts:
        image = clean(read_image(part.path, read), read)
        area = image.judged.copy()
        area[: part.row] = False
        area[:, : part.col] = False
        maps.append(method(image).raw)
        areas.append(area)
        whole.append(int(image.judged.sum()))
    floor = NETWORKS[folder.config.network.kind].floor
    return fit_threshold(
        maps, areas, whole, false_alarms=false_alarms, floor=floor, ceiling=ceiling, tail_ceiling=tail_ceiling
    )


def painted_peaks(folder: ModelFolder, plan: TrainingPlan, seed: int) -> list[float]:
    """Return the peak score of each defect that is painted into patches of the held-out parts.

    Empty where none is painted: a classifier learns from whole images. Those that ``plan.painted_peaks`` keeps for
    this number of looks are not computed again.
    """
    kept = plan.painted_peaks.get(looks_of(folder.config))
    if kept is not None or plan.draw_held is None:
        return kept or []
    network = open_network(folder, cpu_count())
    return [
        peak for tiles, labels in painted_batches(plan, seed) for peak in peaks_of(network.run(tiles)["score"], labels)
    ]


def peaks_of(scores: np.ndarray, labels: np.ndarray) -> list[float]:
    """Return the largest score on each painted defect, from scores and labels (n, T, T)."""
    peaks: list[float] = []
    for score, label in zip(scores, labels, strict=True):
        count, numbers = cv2.connectedComponents(label.astype(np.uint8), connectivity=8)
        peaks += [float(score[numbers == number].max()) for number in range(1, count)]
    return peaks


def painted_batches(plan: TrainingPlan, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield patches of the held-out parts, float32, and where defects are painted into them, bool; both (n, T, T)."""
    if plan.draw_held is None:
        return
    rng = np.random.default_rng([seed, 8])
    for _ in range(PAINTED // BATCH):
        examples = [plan.draw_held(rng) for _ in range(BATCH)]
        tiles = np.stack([inputs[..., 0] for inputs, _ in examples])
        yield tiles, np.stack([targets["score"][..., 0] > 0 for _, targets in examples])


def usable_threshold(peaks: Sequence[float], detected: float) -> float:
    """Return the score that the share `detected` of the peaks reaches; infinite without peaks."""
    return float(np.quantile(peaks, 1 - detected)) if peaks else np.inf
