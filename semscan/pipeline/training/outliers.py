"""Which good training images look unusual, before training and after: a defect may hide among them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from semscan.image.appearance import unusual_measures
from semscan.image.block_statistics import block_features, most_unusual_blocks
from semscan.maps.fit_threshold import inverse_softplus
from semscan.pipeline.training.data.dataset import TrainSet
from semscan.pipeline.training.data.image_cache import ImageCache
from semscan.pipeline.training.repeat_deviation import ENOUGH, repeat_peaks, spread_out, typical_peak
from semscan.robust import median_deviation
from semscan.settings import AUTOENCODER_FLOOR
from semscan.values import CleanImage

NETWORK_PIXELS = 30_000_000  # looked at by the finished network, at most: about half a minute
MOST_IMAGES = 200
_BLOCK_RATIO = 2.0


@dataclass(frozen=True, slots=True)
class Outlier:
    """A training image that looks unusual: its number, why, and how far out it is, in robust deviations."""

    number: int
    reason: str
    far: float


@dataclass(frozen=True, slots=True)
class OutlierScan:
    """What was seen before training. `level`: what no good image exceeds in the comparison with its own repeats;
    None where the images do not repeat. `compared` images were compared so."""

    outliers: tuple[Outlier, ...]
    level: float | None
    compared: int


NOT_SCANNED = OutlierScan((), None, 0)


def find_outliers(images: TrainSet) -> OutlierScan:
    """Find training images that differ from the rest: in grey levels, noise and sharpness; by a place that no
    other image has anything like; by a place that does not repeat as the rest of the image does."""
    looked = [n for n, look in enumerate(images.looks) if look]
    outliers = []
    if len(looked) >= ENOUGH:
        for n in looked:
            said = unusual_measures(images.looks[n] or {}, images.look)
            outliers += [Outlier(n, reason, math.inf) for reason in said.values()]
        distances = most_unusual_blocks([block_features(images.cache[n].astype(np.float32)) for n in looked])
        for place in robust_outliers(distances, deviations=5, spread=0.2, margin=math.log(_BLOCK_RATIO)):
            reason = "a place in it is unlike all other images"
            outliers.append(Outlier(looked[place[0]], reason, place[1]))
    peaks = repeat_peaks(images.cache)
    level = typical_peak(list(peaks.values()))
    outliers += [
        Outlier(n, f"a place in it does not repeat like the rest ({peak:.1f} times what chance reaches)", peak / level)
        for n, peak in peaks.items()
        if level and peak > level
    ]
    return OutlierScan(_by_image(outliers), level, len(peaks))


def find_outliers_with_model(
    look: Callable, cache: ImageCache, held: Sequence[int]
) -> tuple[tuple[Outlier, ...], dict[int, float]]:
    """Find training images in which the finished network sees what it sees in no other.

    Parameters
    ----------
    look : callable
        The network, on images at the scale of training.
    cache : ImageCache
    held : sequence of int
        Images held back, looked at first.

    Returns
    -------
    outliers : tuple of Outlier
        Empty with fewer than `ENOUGH` images.
    peaks : dict
        The highest raw score of each image looked at, over at least 4 px.
    """
    if len(cache) < ENOUGH:
        return (), {}
    peaks: dict[int, float] = {}
    room = NETWORK_PIXELS
    rest = [n for n in spread_out(len(cache)) if n not in set(held)]
    for n in [*dict.fromkeys(held), *rest][:MOST_IMAGES]:
        values = cache[n].astype(np.float32)
        room -= values.size
        if room < 0 and len(peaks) >= ENOUGH:
            break
        raw = look(CleanImage(values, np.ones(values.shape, bool))).raw
        peaks[n] = float(np.sort(raw, axis=None)[-min(4, raw.size)])
    numbers, found = list(peaks), np.array(list(peaks.values()))
    odds = inverse_softplus(found, 1e-6)  # the score before softplus
    outliers = tuple(
        Outlier(numbers[place], "", far)
        for place, far in robust_outliers(odds, deviations=5, spread=0.3, margin=1.0)
        if found[place] > AUTOENCODER_FLOOR
    )
    return outliers, peaks


def robust_outliers(values: np.ndarray, *, deviations: float, spread: float, margin: float) -> list[tuple[int, float]]:
    """Which values lie far above the middle: (place, how many robust deviations), farthest first.

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


def without_outliers(
    held: Sequence[tuple[int, int, int]], outliers: Iterable[Outlier]
) -> tuple[tuple[int, int, int], ...]:
    """The held-back parts without those of odd images; at least half stay, the oddest go first.

    Examples
    --------
    >>> without_outliers([(0, 0, 0), (3, 0, 0), (5, 0, 0)], [Outlier(3, "", 7.0), Outlier(5, "", 9.0)])
    ((0, 0, 0), (3, 0, 0))
    """
    worst: dict[int, float] = {}
    for one in outliers:
        worst[one.number] = max(one.far, worst.get(one.number, 0.0))
    own = sorted((part for part in held if part[0] in worst), key=lambda part: -worst[part[0]])
    gone = set(own[: len(held) // 2])
    return tuple(part for part in held if part not in gone)


def outlier_record(outliers: Iterable[Outlier], images: TrainSet) -> list[dict[str, Any]]:
    """For config.json: file and reason, oddest first."""
    return [{"image": str(images.cache.paths[one.number]), "reason": one.reason} for one in outliers]


def _by_image(outliers: Iterable[Outlier]) -> tuple[Outlier, ...]:
    """One entry an image, its reasons joined, oddest first."""
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
