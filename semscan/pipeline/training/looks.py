"""The default number of looks at each tile: the fewest that rank held-out pixels as well as the most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from semscan.files.models.folder import ModelFolder
from semscan.pipeline.methods.looks import looks_of, only_looks
from semscan.pipeline.training.calibration import painted_scores, peaks_of
from semscan.pipeline.training.plan import TrainingPlan
from semscan.runtime.looks import with_default_looks
from semscan.scores.ranking import rank_scores
from semscan.settings import LOOKS, LOOKS_WITHIN
from semscan.values.model_config import Looks


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
    ap = {number: _painted_ap(_with_looks(folder, number), plan, seed) for number in LOOKS}
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


def _with_looks(folder: ModelFolder, looks: int) -> ModelFolder:
    return replace(folder, config=only_looks(folder.config, looks))


def _painted_ap(folder: ModelFolder, plan: TrainingPlan, seed: int) -> float:
    """Return the average precision of the pixels of held-out patches with painted defects; keep the peaks in `plan`."""
    scored = list(painted_scores(folder, plan, seed))
    plan.painted_peaks[looks_of(folder.config)] = peaks_of(scored)
    scores, labels = zip(*scored, strict=True)
    ranking = rank_scores(np.stack(scores).ravel(), np.stack(labels).ravel())
    return round(ranking.average_precision() or 0.0, 4)
