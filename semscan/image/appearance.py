"""Compare the appearance of an image with that of the training images, by four plain measures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from semscan.image.statistics import typical_detail
from semscan.image.tiling import centre_window
from semscan.robust import median_deviation, noise_level

LARGEST = 2048  # px: of a larger image the middle is measured
SPREADS = 4.0  # distance from the median at which a measure is unusual
FAR = 2.0  # times that distance: an image that differs as much is not one of the kind
MANY_TIMES = 2.5
SMALLEST = 1e-3  # a quarter of a grey level: noise or contrast below this counts as this


@dataclass(frozen=True, slots=True)
class _Measure:
    """How a measure is compared: `least` is the smallest difference that counts.

    It is a factor; with `linear`, it is a difference in shares of full scale.
    """

    least: float
    linear: bool = False

    def scaled(self, value: float) -> float:
        """Return a value on the scale on which differences are taken."""
        return value if self.linear else math.log(max(value, SMALLEST))

    def unscaled(self, value: float) -> float:
        """Return the value of a result of `scaled`."""
        return value if self.linear else math.exp(value)

    @property
    def least_difference(self) -> float:
        """The smallest difference that counts, on the scale of `scaled`."""
        return self.least if self.linear else math.log(self.least)


MEASURES = {
    "brightness": _Measure(0.15, linear=True),
    "contrast": _Measure(1.6),
    "noise": _Measure(1.8),
    "sharpness": _Measure(1.4),
}


def measure_appearance(values: np.ndarray) -> dict[str, float]:
    """Measure brightness, contrast, noise and sharpness of an image.

    Parameters
    ----------
    values : ndarray of float32, shape (rows, cols)
        Judged pixels, black 0 to white 1.

    Returns
    -------
    dict
        ``brightness``, mean of full scale; ``contrast``, standard deviation of full scale; ``noise``, standard
        deviation of what no neighbour shares; ``sharpness``, one over the typical size of structures in pixels.
    """
    middle = np.ascontiguousarray(values[centre_window(values.shape, LARGEST)], np.float32)
    return {
        "brightness": float(middle.mean()),
        "contrast": float(middle.std()),
        "noise": noise_level(middle),
        "sharpness": 1 / max(typical_detail(middle), 1e-6),
    }


def typical_appearance(appearances: Iterable[Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Return the median and the spread of each measure, which a few outliers do not change.

    Parameters
    ----------
    appearances : iterable of mapping
        As from `measure_appearance`.

    Returns
    -------
    dict of dict
        ``{measure: {"median", "spread"}}``; `spread` is 1.4826 times the median deviation, of the natural
        logarithm except for brightness. Empty without images.
    """
    images = list(appearances)
    typical: dict[str, dict[str, float]] = {}
    for name, measure in MEASURES.items() if images else ():
        values = np.array([measure.scaled(image[name]) for image in images])
        median = float(np.median(values))
        typical[name] = {"median": measure.unscaled(median), "spread": median_deviation(values, median)}
    return typical


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure of an image that is not that of the training images.

    `words` describe it. `is_far` is True where it lies twice as far away as what is unusual.
    """

    words: str
    is_far: bool


def unusual_measures(
    appearance: Mapping[str, float], typical: Mapping[str, Mapping[str, float]], images: str = "training"
) -> dict[str, Difference]:
    """Describe the measures of an image that are not those of the training images; empty if all are.

    A measure is unusual when it lies four spreads from the median, and further than a difference that matters
    (brightness 0.15 of full scale, contrast 1.6, noise 1.8, sharpness 1.4 times). `images` says in the words what the
    typical images were used for.

    Returns
    -------
    dict of Difference
        By measure.

    Examples
    --------
    >>> typical = typical_appearance([{"brightness": 0.4, "contrast": 0.2, "noise": 0.05, "sharpness": 0.2}])
    >>> found = unusual_measures({"brightness": 0.45, "contrast": 0.12, "noise": 0.05, "sharpness": 0.2}, typical)
    >>> found["contrast"].words
    'contrast 40 % lower than in training (0.12, training 0.2)'
    """
    found = {}
    for name, measure in MEASURES.items():
        if name not in typical:
            continue
        value = appearance[name]
        median = float(typical[name]["median"])
        difference = abs(measure.scaled(value) - measure.scaled(median))
        limit = max(SPREADS * float(typical[name]["spread"]), measure.least_difference)
        if difference > limit:
            compared = _compared(value / max(median, SMALLEST))
            words = f"{name} {compared} in {images} ({value:.2g}, {images} {median:.2g})"
            found[name] = Difference(words, difference > FAR * limit)
    return found


def _compared(ratio: float) -> str:
    """Say how many times as large something is.

    Examples
    --------
    >>> _compared(0.4), _compared(1.65), _compared(3.2)
    ('60 % lower than', '65 % higher than', '3.2 times that')
    """
    if ratio >= MANY_TIMES:
        return f"{ratio:.2g} times that"
    return f"{abs(ratio - 1):.0%} {'higher' if ratio > 1 else 'lower'} than".replace("%", " %")
