"""The default number of looks at each tile: the fewest that rank held-out pixels as well as the most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from semscan.files.models.folder import ModelFolder
from semscan.pipeline.methods.looks import looks_of, only_looks
from semscan.pipeline.methods.model import open_network
from semscan.pipeline.training.calibration import painted_batches, peaks_of
from semscan.pipeline.training.plan import TrainingPlan
from semscan.runtime.looks import scores_by_looks, with_default_looks
from semscan.runtime.session import cpu_count
from semscan.scores.ranking import rank_scores
from semscan.settings import LOOKS, LOOKS_WITHIN
from semscan.values.model.looks import Looks


def with_fewest_looks(folder: ModelFolder, plan: TrainingPlan, seed: int) -> ModelFolder:
    """Set how many looks at each tile a fitted network takes, from held-out patches with painted defects.

    Parameters
    ----------
    folder : ModelFolder
        The model, without a calibration yet. One whose network always takes one look is returned as it is.
    plan : TrainingPlan
        Its `draw_held` makes the patches.
    seed : int
        Of the patches.
    """
    if looks_of(folder.config) is None or plan.draw_held is None:
        return folder
    ap = _painted_ap(replace(folder, config=only_looks(folder.config, 1)), plan, seed)
    looks = fewest_looks(ap)
    config = replace(folder.config, looks=Looks(looks, painted_ap=ap))
    return replace(folder, config=config, graph=with_default_looks(folder.graph, looks))


def fewest_looks(ap: Mapping[int, float]) -> int:
    """Return the smallest number of looks whose average precision is within `LOOKS_WITHIN` of the largest.

    Examples
    --------
    >>> fewest_looks({1: 0.80, 2: 0.812, 4: 0.815}), fewest_looks({1: 0.813, 2: 0.812, 4: 0.815})
    (2, 1)
    """
    return min(number for number, reached in ap.items() if reached >= max(ap.values()) - LOOKS_WITHIN)


def _painted_ap(folder: ModelFolder, plan: TrainingPlan, seed: int) -> dict[int, float]:
    """Return the average precision of the pixels of held-out patches with painted defects, by the number of looks.

    `folder` takes one look. The peaks are kept in `plan`.
    """
    network = open_network(folder, cpu_count())
    scores: dict[int, list[np.ndarray]] = {number: [] for number in LOOKS}
    labels = []
    for tiles, marked in painted_batches(plan, seed):
        for number, score in scores_by_looks(lambda tiles: network.run(tiles)["score"], tiles, LOOKS).items():
            scores[number].append(score)
        labels.append(marked)
    ap = {}
    for number, parts in scores.items():
        plan.painted_peaks[number] = peaks_of(np.concatenate(parts), np.concatenate(labels))
        ranking = rank_scores(np.concatenate(parts).ravel(), np.concatenate(labels).ravel())
        ap[number] = round(ranking.average_precision() or 0.0, 4)
    return ap
