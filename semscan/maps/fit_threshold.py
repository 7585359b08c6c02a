"""Fit the raw threshold of a trained model, which held-out good images exceed at the wanted rate.

The raw scores of a network have no known distribution, but there are many held-out images, in which false regions can
be counted directly at all but the lowest rates. Only what is rarer is continued, by the mean excess over a high level
(peaks over threshold), which assumes nothing but a tail that falls evenly. Hence the mean excess here. Two other
modules continue a distribution in other ways, for other data:

- `semscan.reference.cell.chance_threshold`: Gumbel's law for maxima of equal blocks, for one periodic image, which
  has too few separate peaks to follow their tail.
- `semscan.reference.die.chance_threshold`: exceedances of single peaks, for two images compared, whose residual is
  nearly Gaussian, so that the form of its tail is known.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from semscan.values.model.calibration import CEILING, COUNTED, FLOOR, TAIL

LEVELS = 96
TAIL_REGIONS = 20  # regions from which the tail is continued: fewer are too few, more are not yet the tail
AVERAGED_REGIONS = 12  # the same where what few regions leave open is averaged over
FEW = 3


@dataclass(frozen=True, slots=True)
class FittedThreshold:
    """A raw threshold, and the false regions per image `reached` at it.

    `worth` is the judged area in whole images. `rule` is what set the threshold, one of
    `semscan.values.model.calibration.RULES`.
    """

    raw_threshold: float
    reached: float
    worth: float
    rule: str


def fit_threshold(
    raw_maps: Sequence[np.ndarray],
    areas: Sequence[np.ndarray],
    whole: Sequence[int] | None = None,
    *,
    false_alarms: float,
    min_area: int = 4,
    floor: float = 0.0,
    ceiling: float = np.inf,
    tail_ceiling: float = np.inf,
    on_average: bool = False,
) -> FittedThreshold:
    """Find the raw threshold at which good images show `false_alarms` false regions each.

    Regions are counted as `semscan.regions` counts them (8-connected, at least `min_area` pixels) at
    falling levels. Where the wanted number is smaller than what so few images can show (a tenth of a
    region in three images), the count is continued along its own tail, taken as exponential in the
    log-odds of the raw score, its scale being the mean excess of the 20 highest regions (peaks over
    threshold: Davison & Smith, JRSS B 52(3), 1990, doi:10.1111/j.2517-6161.1990.tb01796.x).

    Parameters
    ----------
    raw_maps : sequence of ndarray of float32, shape (rows, cols), 0 or more
        Raw maps of good images that were not trained on.
    areas : sequence of ndarray of bool
        Where each was held out and may be counted; same shapes.
    whole : sequence of int, optional
        Pixels of each image that are judged when it is inspected, held out or not; by default all of them.
    false_alarms : float
        Wanted false regions per image, above 0.
    min_area : int
        Smallest region counted, pixels.
    floor : float
        Least threshold, whatever the good images show.
    ceiling : float
        Largest threshold (but at least `floor`), whatever the good images show.
    tail_ceiling : float
        Largest threshold that a tail is continued to: what few regions say of rarer ones is uncertain.
    on_average : bool
        Set the threshold that further images exceed as often as wanted on average over all such sets of images, or
        less often; see `_level_on_average`. Otherwise it is the likeliest one, which they exceed more often, the fewer
        the images the more.

    Returns
    -------
    FittedThreshold
        `reached` counts per image's worth of held-out area.
    """
    sizes = [area.size for area in areas] if whole is None else whole
    images = sum(int(area.sum()) / size for area, size in zip(areas, sizes, strict=True))  # of a part, its share
    scores = np.concatenate([raw[area] for raw, area in zip(raw_maps, areas, strict=True)])
    # evenly spaced in log-odds, where tails are about straight; nothing below the top 5 % is a region
    levels = np.linspace(inverse_softplus(scores.max()), inverse_softplus(np.quantile(scores, 0.95)), LEVELS)
    counts = np.array([_count(raw_maps, areas, _softplus(level), min_area) for level in levels])
    level, rule = (_level_on_average if on_average else _level_for)(levels, counts, false_alarms * images)
    asked = threshold = float(_softplus(level))
    highest = min(ceiling, tail_ceiling) if rule == TAIL else ceiling
    if threshold > highest:
        threshold, rule = float(highest), CEILING
    if threshold < floor:
        # a ceiling below the floor: where more was asked for, that there are false regions is due to it
        threshold, rule = float(floor), CEILING if asked > floor else FLOOR
    reached = _count(raw_maps, areas, threshold, min_area) / images
    return FittedThreshold(threshold, reached, round(images, 3), rule)


def _level_for(levels: np.ndarray, counts: np.ndarray, wanted: float) -> tuple[float, str]:
    """Find the level with `wanted` regions: where the count passes it, or further up along its tail; and which."""
    # regions merge at lower levels, so that counts fall again: the largest so far is what the level promises
    counts = np.maximum.accumulate(counts)
    if wanted >= FEW and counts[-1] >= wanted:
        return float(levels[np.argmax(counts >= wanted)]), COUNTED
    if counts[-1] == 0:
        return float(levels[0]), TAIL
    base = int(np.argmax(counts >= min(TAIL_REGIONS, counts[-1])))
    new = np.diff(counts[: base + 1], prepend=0)
    # an exponential tail has its mean excess over any level as its scale
    scale = float((new * (levels[: base + 1] - levels[base])).sum() / counts[base])
    return float(levels[base] + scale * np.log(counts[base] / wanted)), TAIL


def _level_on_average(levels: np.ndarray, counts: np.ndarray, wanted: float) -> tuple[float, str]:
    """Find the level above which further images show `wanted` regions on average, or fewer; and the rule that set it.

    Above the k-th highest of independent regions, further images show k on average. If the tail is exponential, the
    sum S of the excesses of the k - 1 higher ones has a gamma distribution, so that above a further c S there
    are k / (1 + c)^(k - 1).
    """
    counts = np.maximum.accumulate(counts)
    if wanted >= FEW and counts[-1] >= wanted:
        return float(levels[np.argmax(counts >= math.floor(wanted))]), COUNTED
    if counts[-1] < 2:  # one region says nothing of a tail: the highest score
        return float(levels[0]), TAIL
    base = int(np.argmax(counts >= min(AVERAGED_REGIONS, counts[-1])))
    regions = int(counts[base])
    excesses = float((np.diff(counts[: base + 1], prepend=0) * (levels[: base + 1] - levels[base])).sum())
    # of two or three regions alone, the rate at any higher level is unknown: FEW keeps that level finite
    beyond = (regions / wanted) ** (1 / max(regions - 1, FEW)) - 1
    return float(levels[base] + beyond * excesses), TAIL


def _count(raw_maps: Sequence[np.ndarray], areas: Sequence[np.ndarray], threshold: float, min_area: int) -> int:
    """Count the regions above a threshold within the areas of all maps."""
    total = 0
    for raw, area in zip(raw_maps, areas, strict=True):
        above = (raw > threshold) & area
        if np.count_nonzero(above) < min_area:
            continue
        stats = cv2.connectedComponentsWithStats(above.view(np.uint8), connectivity=8)[2]
        total += int((stats[1:, cv2.CC_STAT_AREA] >= min_area).sum())
    return total


def inverse_softplus(raw: np.ndarray | float, least: float = 1e-9) -> np.ndarray:
    """Return the log-odds whose softplus is `raw`: linear for large scores, logarithmic for small ones.

    Parameters
    ----------
    raw : ndarray of float, any shape
        Raw scores; below `least` counts as `least`.

    Returns
    -------
    ndarray of float64, shape of `raw`
    """
    raw = np.maximum(np.asarray(raw, np.float64), least)
    return np.where(raw > 30, raw, np.log(np.expm1(np.minimum(raw, 30))))  # above 30 the two agree to all digits


def _softplus(odds: float) -> np.float64:
    return np.float64(np.logaddexp(0.0, odds))
