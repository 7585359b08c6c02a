"""One pass over all maps: what each image adds to each figure, so that figures of any mix of images follow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from semscan.scores.defects import Patch, count_false, detected_regions, near_defects
from semscan.scores.levels import float32_below, hot_cuts
from semscan.scores.ranking import Ranking
from semscan.scores.scored_image import ScoredImage

_BINS = 512


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts, one row for each image.

    `positive`, `share` and `negative` count pixels (or shares of defects) between `levels`, from the hottest
    down; `hits` and `false` count defects hit and false regions at each of `cuts`, which rise. The rest is at
    the threshold: `hit` of `defects`, `false_at` regions, `regions` of any kind, and pixels `right` (hot and
    true), `hot` and `true`. `alarms` are the false regions, image number first.
    """

    levels: np.ndarray
    positive: np.ndarray
    share: np.ndarray
    negative: np.ndarray
    cuts: np.ndarray
    hits: np.ndarray
    false: np.ndarray
    defects: np.ndarray
    hit: np.ndarray
    false_at: np.ndarray
    regions: np.ndarray
    right: np.ndarray
    hot: np.ndarray
    true: np.ndarray
    ranking: Ranking
    alarms: list[tuple[int, Patch]]


def count_pixels_and_regions(
    cases: Sequence[ScoredImage], threshold: float, seen: Callable[[], None] = lambda: None
) -> Tally:
    """Look at each map once more (and twice before, for the cuts) and count.

    Parameters
    ----------
    cases : sequence of Case
        With masks; at least one.
    threshold : float
        In map units.
    seen : callable
        Called after each image.
    """
    cuts = hot_cuts(lambda: (case.load() for case in cases))
    ranking = Ranking(np.concatenate([c.positives for c in cases]), np.concatenate([c.shares for c in cases]))
    spaced = np.linspace(0, max(len(ranking.levels) - 1, 0), _BINS).astype(int)
    levels = np.unique(np.r_[cuts, ranking.levels[spaced] if len(ranking.levels) else []]).astype(np.float32)
    tally = _empty(len(cases), np.unique(levels), cuts, ranking)
    for row, case in enumerate(cases):
        _count_pixels(tally, row, case, threshold)
        seen()
    return tally


def _empty(count: int, levels: np.ndarray, cuts: np.ndarray, ranking: Ranking) -> Tally:
    def table(cols: int) -> np.ndarray:
        return np.zeros((count, cols))

    bins = len(levels) + 1
    binned = {name: table(bins) for name in ("positive", "share", "negative")}
    single = ("defects", "hit", "false_at", "regions", "right", "hot", "true")
    columns = {name: np.zeros(count) for name in single}
    return Tally(
        levels=levels,
        cuts=cuts,
        hits=table(len(cuts)),
        false=table(len(cuts)),
        ranking=ranking,
        alarms=[],
        **binned,
        **columns,
    )


def _count_pixels(tally: Tally, row: int, case: ScoredImage, threshold: float) -> None:
    anomaly_map, truth = case.load(), case.truth
    near = near_defects(truth)
    negatives = np.sort(anomaly_map[~truth])
    tally.ranking.add(negatives)

    ends = np.searchsorted(negatives, tally.levels, "left")
    tally.negative[row] = np.diff(ends, prepend=0, append=len(negatives))[::-1]
    places = len(tally.levels) - np.searchsorted(tally.levels, case.positives, "right")
    tally.positive[row] = np.bincount(places, minlength=len(tally.levels) + 1)
    tally.share[row] = np.bincount(places, case.shares, minlength=len(tally.levels) + 1)

    peaks = np.array([defect.peak for defect in case.defects])
    tally.hits[row] = [(peaks > cut).sum() for cut in tally.cuts]
    tally.false[row] = [count_false(anomaly_map > float32_below(cut), near) for cut in tally.cuts]

    found = detected_regions(anomaly_map, threshold, near)
    tally.alarms.extend((row, patch) for patch in found.false)
    limit = np.float32(threshold)  # as a map is compared with it
    tally.defects[row], tally.hit[row] = len(peaks), (peaks > limit).sum()
    tally.false_at[row], tally.regions[row] = len(found.false), found.regions
    tally.right[row], tally.true[row] = (case.positives > limit).sum(), len(case.positives)
    tally.hot[row] = tally.right[row] + (negatives > limit).sum()
