"""Tell regions that look like reviewed harmless ones, by their distance to the regions that were decided about.

A region is compared with the decided regions of its own class alone. Its share is high where a harmless one is near
and every real one far. A region without a sure class, of a class without a harmless region, or further from all
harmless ones than these are from each other is unlike anything that was reviewed: its share is 0, for it may be a new
kind of defect. Defects on dark lines are compared by the names that they have with bright lines, so that a filter holds
whichever part is taken for the line.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from semscan.robust import median_deviation
from semscan.settings import EXCHANGED
from semscan.values import Region
from semscan.values.model.nuisance import DecidedRegion, NuisanceFilter, RegionLook
from semscan.values.record import RegionRecord

SURE = 0.8  # class probability from which a class counts
# the seven measures together weigh as much as four: they say in part the same
MEASURES_WEIGH = math.sqrt(4 / 7)
SMALLEST_SCALE = 0.05  # of a measure: a smaller spread among few regions is chance
REACH = 2.0  # times the median distance of a harmless region to the next one
LARGEST_ODDS = 0.99  # a class probability above it says no more
BLOCK = 1000  # regions compared at once, which bounds the memory of their distances


def region_look(region: Region, *, dark_lines: bool = False) -> RegionLook | None:
    """Return what a measured region is compared by; None without a sure class, or unmeasured.

    With `dark_lines` its class has the name of a defect on dark lines.
    """
    of = region.measures
    if of is None:
        return None
    sizes = (region.area, of.feret_max_px, of.feret_min_px, region.peak, region.mean)
    name = _name_on_bright_lines(region.class_name, dark_lines=dark_lines)
    return _look(name, region.class_probability, sizes, (of.contrast, of.mean_grey))


def recorded_look(region: RegionRecord, *, dark_lines: bool = False) -> RegionLook | None:
    """Return the same of the record of a region, as far as its rounding allows."""
    sizes = (region.area_px, region.feret_max_px, region.feret_min_px, region.peak, region.mean)
    name = _name_on_bright_lines(region.class_name, dark_lines=dark_lines)
    return _look(name, region.class_probability, sizes, (region.contrast, region.mean_grey))


def _name_on_bright_lines(name: str | None, *, dark_lines: bool) -> str | None:
    return EXCHANGED.get(name, name) if name is not None and dark_lines else name


def _look(
    name: str | None, probability: float | None, sizes: Sequence[float | None], grey: tuple[float | None, float | None]
) -> RegionLook | None:
    """Return the look of a region of these sizes: area, Feret diameters, peak and mean; None if one is missing."""
    known = [size for size in sizes if size is not None and size > 0]
    contrast, mean_grey = grey
    if name is None or probability is None or not SURE <= probability <= 1 or len(known) < len(sizes):
        return None
    if mean_grey is None:
        return None
    area, longest, shortest, peak, mean = known
    shape = (math.log(area), math.log(longest / shortest), area / (longest * shortest))
    return RegionLook(name, probability, (*shape, _log_odds(peak), _log_odds(mean), contrast or 0.0, mean_grey))


def _log_odds(share: float) -> float:
    """Return the logarithm of share / (1 - share); of a map value, that of its multiple of the threshold.

    Examples
    --------
    >>> _log_odds(0.5)
    0.0
    """
    inside = min(max(share, 1e-6), 1 - 1e-6)
    return math.log(inside / (1 - inside))


class NuisanceRule:
    """Compares regions with those that were decided about.

    Parameters
    ----------
    decided : sequence of DecidedRegion
        At least one.
    """

    def __init__(self, decided: Sequence[DecidedRegion]) -> None:
        measures = np.array([one.look.measures for one in decided], np.float64)
        spread = [median_deviation(column, float(np.median(column))) for column in measures.T]
        self._scales = np.maximum(spread, SMALLEST_SCALE) / MEASURES_WEIGH
        self._harmless = [one.look for one in decided if not one.is_real]
        self._real = [one.look for one in decided if one.is_real]
        apart = self._distances(self._harmless, self._harmless)
        np.fill_diagonal(apart, np.inf)
        nearest = apart.min(axis=1, initial=np.inf)
        # a harmless region that is alone in its class says nothing of distances
        nearest = nearest[np.isfinite(nearest)]
        self._reach = min(REACH * float(np.median(nearest)), float(nearest.max())) if nearest.size else 0.0

    def shares(self, looks: Sequence[RegionLook]) -> np.ndarray:
        """Return for each look how far the way to the nearest harmless region is from that to the real ones.

        Returns
        -------
        ndarray of float64, shape (n,)
            0 (like a real one, or unlike all harmless ones) to 1 (no real one of its class is known).
        """
        blocks = [self._block_shares(looks[start : start + BLOCK]) for start in range(0, len(looks), BLOCK)]
        return np.concatenate([np.zeros(0), *blocks])

    def _block_shares(self, looks: Sequence[RegionLook]) -> np.ndarray:
        harmless = self._distances(looks, self._harmless).min(axis=1, initial=np.inf)
        real = self._distances(looks, self._real).min(axis=1, initial=np.inf)
        is_near = (harmless <= self._reach) & (real > 0)
        ways = np.where(is_near, harmless, 0.0) / np.where(is_near, real, 1.0)
        return np.where(is_near, 1 / (1 + ways), 0.0)

    def _distances(self, looks: Sequence[RegionLook], others: Sequence[RegionLook]) -> np.ndarray:
        """Return the distance of each look to each other, (n, m); infinite between classes."""
        between = self._points(looks)[:, None] - self._points(others)[None]
        names, other_names = ([look.class_name for look in each] for each in (looks, others))
        is_same = np.array(names, object)[:, None] == np.array(other_names, object)[None]
        return np.where(is_same, np.sqrt((between**2).sum(axis=2)), np.inf)

    def _points(self, looks: Sequence[RegionLook]) -> np.ndarray:
        """Return the looks as points, float64 (n, 8): scaled measures and the log odds of the class."""
        measures = np.array([look.measures for look in looks], np.float64).reshape(len(looks), len(self._scales))
        odds = [_log_odds(min(look.class_probability, LARGEST_ODDS)) for look in looks]
        return np.column_stack([measures / self._scales, odds])


@lru_cache(maxsize=4)
def nuisance_rule(nuisance: NuisanceFilter) -> NuisanceRule:
    """Return the rule of a filter, made once for all images of a run."""
    return NuisanceRule(nuisance.decided)
