"""Whether an image looks like those of training: a few plain measures, and where theirs lie."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import cv2
import numpy as np

from semscan.image.statistics import typical_detail

LARGEST = 2048  # px: of a larger image the middle is measured
_SPREADS = 4.0
# measure: (how a person calls it, least difference that counts: a factor, or of brightness a share of full scale)
MEASURES = {
    "brightness": ("brightness", 0.15),
    "contrast": ("contrast", 1.6),
    "noise": ("noise", 1.8),
    "sharpness": ("sharpness", 1.4),
}
_SHARES = ("brightness",)
_LEAST = 1e-3  # a quarter of a grey level: less noise or contrast is none


def measure_appearance(values: np.ndarray) -> dict[str, float]:
    """Measure the look of an image.

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
    rows, cols = (slice(max(0, (n - LARGEST) // 2), max(0, (n - LARGEST) // 2) + LARGEST) for n in values.shape)
    seen = np.ascontiguousarray(values[rows, cols], np.float32)
    return {
        "brightness": float(seen.mean()),
        "contrast": float(seen.std()),
        "noise": _noise(seen),
        "sharpness": 1 / max(typical_detail(seen), 1e-6),
    }


def typical_appearance(looks: Iterable[Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """The middle and the spread of each measure, so that a few odd images have no say.

    Returns
    -------
    dict of dict
        ``{measure: {"median", "spread"}}``; `spread` is 1.4826 times the median deviation, of the natural
        logarithm except for brightness.
    """
    seen, usual = list(looks), {}
    for name in MEASURES if seen else ():
        values = np.array([_place(name, look[name]) for look in seen])
        median = float(np.median(values))
        spread = 1.4826 * float(np.median(np.abs(values - median)))
        usual[name] = {"median": median if name in _SHARES else math.exp(median), "spread": spread}
    return usual


def unusual_measures(look: Mapping[str, float], usual: Mapping[str, Mapping[str, float]]) -> dict[str, str]:
    """What about a look is not usual: by measure, in words; empty for an image like the others.

    A measure is odd when it lies four spreads from the median, and further than what nobody would call
    another look (brightness 0.15 of full scale, contrast 1.6, noise 1.8, sharpness 1.4 times).

    Examples
    --------
    >>> usual = typical_appearance([{"brightness": 0.4, "contrast": 0.2, "noise": 0.05, "sharpness": 0.2}])
    >>> unusual_measures({"brightness": 0.45, "contrast": 0.06, "noise": 0.05, "sharpness": 0.2}, usual)
    {'contrast': "contrast 0.30 of the training images' (0.06 against 0.2)"}
    """
    said = {}
    for name, (words, least) in MEASURES.items():
        if name not in usual:
            continue
        own, middle, spread = look[name], float(usual[name]["median"]), float(usual[name]["spread"])
        off = abs(_place(name, own) - _place(name, middle))
        if off > max(_SPREADS * spread, least if name in _SHARES else math.log(least)):
            share = "" if name in _SHARES else f"{own / max(middle, _LEAST):.2f} of the training images' "
            against = f"{own:.2g} against {middle:.2g}"
            said[name] = f"{words} {share}({against})" if share else f"{words} {against} of the training images"
    return said


def _place(name: str, value: float) -> float:
    return value if name in _SHARES else math.log(max(value, _LEAST))


def _noise(values: np.ndarray) -> float:
    # J. Immerkaer, "Fast Noise Variance Estimation", CVIU 64(2), 1996, doi:10.1006/cviu.1996.0060, with a median
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    return float(np.median(np.abs(cv2.filter2D(values, cv2.CV_32F, kernel)))) / 0.6745 / 6
