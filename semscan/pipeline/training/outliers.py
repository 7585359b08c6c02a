"""Good training images that look unusual, before training and after: a defect may hide in them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from semscan.image.appearance import unusual_measures
from semscan.image.block_statistics import block_features, most_unusual_blocks
from semscan.pipeline.methods.base import MethodResult
from semscan.pipeline.training.data.dataset import TrainSet
from semscan.pipeline.training.data.image_cache import ImageCache
from semscan.pipeline.training.data.split import HeldPart
from semscan.pipeline.training.repeat_deviation import ENOUGH, repeat_peaks, spread_out, typical_peak
from semscan.robust import median_deviation, region_peak
from semscan.settings import AUTOENCODER_FLOOR
from semscan.values import CleanImage
from semscan.values.model.training import OutlierNote

NETWORK_PIXELS = 30_000_000  # scored by the finished network, at most: about half a minute
MOST_IMAGES = 200
_BLOCK_RATIO = 2.0
Score = Callable[[CleanImage], MethodResult]


@dataclass(frozen=True, slots=True)
class Outlier:
    """A training image that looks unusual: its number, why, and how far out it is, in robust deviations."""

    number: int
    reason: str
    far: float


@dataclass(frozen=True, slots=True)
class OutlierScan:
    """The outliers found before training.

    No good image exceeds `level` in the comparison with its own repeats; None where the images do not repeat.
    `compared` counts the images that were compared.
    """

    outliers: tuple[Outlier, ...]
    level: float | None
    compared: int


NOT_SCANNED = OutlierScan((), None, 0)


def find_outliers(images: TrainSet) -> OutlierScan:
    """Find training images that differ from the rest.

    In grey levels, noise and sharpness; by a place that is unlike every other image; by a place that does not repeat
    as the rest of the image does.
    """
    peaks = repeat_peaks(images.cache)
    level = typical_peak(list(peaks.values()))
    outliers = [*_unlike_the_others(images), *_not_repeating(peaks, level)]
    return OutlierScan(_by_image(outliers), level, len(peaks))


def _unlike_the_others(images: TrainSet) -> list[Outlier]:
    """Compare each measured image with the others, as a whole and block by block; needs `ENOUGH` images."""
    measured = [n for n, appearance in enumerate(images.appearances) if appearance]
    if len(measured) < ENOUGH:
        return []
    outliers = []
    for n in measured:
        unusual = unusual_measures(images.appearances[n] or {}, images.typical)
        outliers += [Outlier(n, difference.words, math.inf) for difference in unusual.values()]
    distances = most_unusual_blocks([block_features(images.cache[n].astype(np.float32)) for n in measured])
    for place, far in robust_outliers(distances, deviations=5, spread=0.2, margin=math.log(_BLOCK_RATIO)):
        outliers.append(Outlier(measured[place], "a place in it is unlike all other images", far))
    return outliers


def _not_repeating(peaks: Mapping[int, float], level: float | None) -> list[Outlier]:
    """Return the images whose difference from their own repeats exceeds `level`."""
    return [
        Outlier(n, f"a place in it does not repeat like the rest ({peak:.1f} times what chance reaches)", peak / level)
        for n, peak in peaks.items()
        if level and peak > level
    ]


def find_outliers_with_model(
    score: Score, cache: ImageCache, held: Sequence[int]
) -> tuple[tuple[Outlier, ...], dict[int, float]]:
    """Find training images that the finished network scores higher than all others.

    Parameters
    ----------
    score : callable
        The network, on images at the scale of training.
    cache : ImageCache
    held : sequence of int
        Held-out images, scored first.

    Returns
    -------
    outliers : tuple of Outlier
        Empty with fewer than `ENOUGH` images.
    peaks : dict
        The highest raw score of each image that was scored, over at least 4 px.
    """
    if len(cache) < ENOUGH:
        return (), {}
    peaks = _peaks(score, cache, held)
    numbers = list(peaks)
    found = np.array(list(peaks.values()))
    # the logit, before softplus made it positive; above 30 the two are equal
    logits = np.where(found > 30, found, np.log(np.expm1(np.clip(found, 1e-6, 30))))
    outliers = tuple(
        Outlier(numbers[place], "", far)
        for place, far in robust_outliers(logits, deviations=5, spread=0.3, margin=1.0)
        if found[place] > AUTOENCODER_FLOOR
    )
    return outliers, peaks


def _peaks(score: Score, cache: ImageCache, held: Sequence[int]) -> dict[int, float]:
    """Score the held-out images, then others, for as many as there is time; return the highest raw score of each."""
    peaks: dict[int, float] = {}
    room = NETWORK_PIXELS
    rest = [n for n in spread_out(len(cache)) if n not in set(held)]
    for n in [*dict.fromkeys(held), *rest][:MOST_IMAGES]:
        values = cache[n].astype(np.float32)
        room -= values.size
        if room < 0 and len(peaks) >= ENOUGH:
            break
        raw = score(CleanImage(values, np.ones(values.shape, bool))).raw
        peaks[n] = region_peak(raw)
    return peaks


def robust_outliers(values: np.ndarray, *, deviations: float, spread: float, margin: float) -> list[tuple[int, float]]:
    """Find values far above the median: (place, how many robust deviations), farthest first.

    Parameters
    ----------
    values : ndarray of float, shape (n,)
    deviations : float
        Least distance, in robust standard deviations (1.4826 times the median deviation).
    spread : float
        Least value of that deviation, so that values that agree by chance make no outliers.
    margin : float
        Least distance in the units of `values`.

    Examples
    --------
    >>> robust_outliers(np.array([1.0, 1.1, 0.9, 1.0, 3.0]), deviations=5, spread=0.1, margin=0.5)
    [(4, 13.49)]
    """
    middle = np.median(values)
    deviation = max(spread, median_deviation(values, float(middle)))
    far = (values - middle) / deviation
    found = [int(n) for n in np.argsort(-far) if far[n] > deviations and values[n] - middle > margin]
    return [(n, round(float(far[n]), 2)) for n in found]


def without_outliers(held: Sequence[HeldPart], outliers: Iterable[Outlier]) -> tuple[HeldPart, ...]:
    """Return the held-out parts without those of outliers; at least half stay, the farthest outliers go first.

    Examples
    --------
    >>> parts = [HeldPart(0, 0, 0), HeldPart(3, 0, 0), HeldPart(5, 0, 0)]
    >>> [part.number for part in without_outliers(parts, [Outlier(3, "", 7.0), Outlier(5, "", 9.0)])]
    [0, 3]
    """
    worst: dict[int, float] = {}
    for one in outliers:
        worst[one.number] = max(one.far, worst.get(one.number, 0.0))
    own = sorted((part for part in held if part.number in worst), key=lambda part: -worst[part.number])
    gone = set(own[: len(held) // 2])
    return tuple(part for part in held if part not in gone)


def outlier_notes(outliers: Iterable[Outlier], images: TrainSet) -> tuple[OutlierNote, ...]:
    """Return file and reason of each outlier, for config.json."""
    return tuple(OutlierNote(str(images.cache.paths[one.number]), one.reason) for one in outliers)


def _by_image(outliers: Iterable[Outlier]) -> tuple[Outlier, ...]:
    """Join the outliers of each image to one, farthest first."""
    grouped: dict[int, list[Outlier]] = {}
    for one in outliers:
        grouped.setdefault(one.number, []).append(one)
    joined = [
        Outlier(
            number, "; ".join(dict.fromkeys(one.reason for one in those if one.reason)), max(one.far for one in those)
        )
        for number, those in grouped.items()
    ]
    return tuple(sorted(joined, key=lambda one: (-one.far, one.number)))
