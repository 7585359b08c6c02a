"""The noise of two aligned images by grey level, and a reference without its noise."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from semscan.robust import median_deviation

LEVELS = 8  # of grey, at which the noise is measured
CALM = 0.25  # share of the pixels of a grey level, those with the lowest slopes, that show its noise
FEWEST = 120  # px of a grey level at which its noise is measured
LEAST_NOISE = 1e-3  # a quarter of a grey level of 8 bits
# 95 % of a normal distribution lie within 1.96 standard deviations
USUAL = 0.95
USUAL_SPREADS = 1.96

# Non-local means: steps of 8 bits in a standard deviation of noise, and the filter's reach.
STEPS = 10.0
FEWEST_STEPS = 1.0
STRENGTH = 0.9  # standard deviations
PATCH = 7  # px
SEARCHED = 21  # px


@dataclass(frozen=True)
class NoiseByLevel:
    """The standard deviation of noise, `deviations`, at rising grey levels, `levels`; both of grey levels 0 to 1."""

    levels: np.ndarray
    deviations: np.ndarray

    def at(self, level: np.ndarray) -> np.ndarray:
        """Interpolate at grey levels of any shape; at least a quarter of a grey level of 8 bits, float32."""
        return np.maximum(np.interp(level, self.levels, self.deviations), LEAST_NOISE).astype(np.float32)


def usual_size(sizes: np.ndarray) -> float:
    """Return the standard deviation of a normal distribution of which 95 % have these sizes (absolute values)."""
    return float(np.quantile(sizes, USUAL)) / USUAL_SPREADS


def noise_by_level(sizes: np.ndarray, level: np.ndarray, slope: np.ndarray) -> NoiseByLevel:
    """Measure shot noise, which depends on the grey level, at the calmest pixels of each level.

    A narrow trench or line has no pixel as far from edges as wide areas have. So a grey level that occurs in narrow
    structures alone is measured at those of its own pixels where the slope is lowest. The median counts, since a defect
    may take up a large share of them.

    Parameters
    ----------
    sizes, level, slope : ndarray of float, shape (pixels,)
        Absolute difference of the two images, grey level of the reference, and steepest slope nearby (grey levels per
        px), pixel by pixel.

    Returns
    -------
    NoiseByLevel
        Of `sizes`.
    """
    ends = np.quantile(level, np.linspace(0, 1, LEVELS + 1))
    bins = np.clip(np.searchsorted(ends, level, side="right") - 1, 0, LEVELS - 1)
    levels, deviations = [], []
    for number in range(LEVELS):
        part = np.flatnonzero(bins == number)
        if part.size >= FEWEST:
            calm = part[slope[part] <= np.quantile(slope[part], CALM)]
            levels.append(np.median(level[part]))
            deviations.append(median_deviation(sizes[calm]))
    if not levels:
        levels, deviations = [0.0], [median_deviation(sizes)]
    return NoiseByLevel(np.array(levels), np.array(deviations))


def remove_noise(image: np.ndarray, noise: NoiseByLevel) -> np.ndarray:
    """Average each pixel of an image with those whose surroundings look alike: non-local means.

    Grey levels are first brought to a scale on which the noise is the same everywhere, and back afterwards.

    Parameters
    ----------
    image : ndarray of float32, shape (rows, cols)
    noise : NoiseByLevel
        Of the pixels of this image.

    Returns
    -------
    ndarray of float32, shape (rows, cols)
        The image itself if its noise is so low that 8 bits do not resolve it.

    References
    ----------
    A. Buades, B. Coll, J.-M. Morel, "A Non-Local Algorithm for Image Denoising", CVPR 2005,
    doi:10.1109/CVPR.2005.38. Here the implementation of OpenCV.
    """
    grey = np.linspace(float(image.min()), float(image.max()), 1024)
    step = grey[1] - grey[0]
    even = np.concatenate([[0], np.cumsum(step / noise.at((grey[1:] + grey[:-1]) / 2))])
    steps = min(STEPS, 255 / max(even[-1], 1e-9))
    if steps < FEWEST_STEPS:
        return image
    scaled = np.rint(np.interp(image, grey, even * steps)).astype(np.uint8)
    averaged = cv2.fastNlMeansDenoising(scaled, None, STRENGTH * steps, PATCH, SEARCHED)
    return np.interp(averaged, even * steps, grey).astype(np.float32)
