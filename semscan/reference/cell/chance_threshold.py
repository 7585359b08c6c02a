"""What chance alone reaches: the threshold of a standardised residual, from the image itself."""

from __future__ import annotations

import math

import numpy as np

BLOCK = 24  # px: a defect spoils only the few blocks it lies in
SHARES = (0.3, 0.5, 0.7, 0.8, 0.9)  # of the block maxima, through which the law is laid: the hottest tenth is left out
FALSE_REGIONS = 0.05  # per image and scale; several scales together stay below 0.1
FEWEST_BLOCKS = 9


def chance_level(size: np.ndarray, judged: np.ndarray, scale: float, false_regions: float = FALSE_REGIONS) -> float:
    """The value that good images of this kind exceed `false_regions` times each.

    Maxima of blocks of a stationary field follow Gumbel's law. It is laid through their lower nine
    tenths, so that a defect has no say, and continued to the number of blocks in the image: rough edges
    and textures have longer tails than noise, and bring them along. The level is never below that of white
    Gaussian noise smoothed to `scale` (expected Euler characteristic of its excursions), so that few blocks
    cannot promise too much.

    Parameters
    ----------
    size : ndarray of float32, shape (rows, cols)
        Absolute standardised residual.
    judged : ndarray of bool, shape (rows, cols)
    scale : float
        Standard deviation of the smoothing, px.
    false_regions : float
        Wanted number per image, above 0.

    Returns
    -------
    float
        In the units of `size`.

    References
    ----------
    E. J. Gumbel, "Statistics of Extremes", 1958. R. J. Adler, "The Geometry of Random Fields", 1981, ch. 6.
    """
    noise = _gaussian_level(float(judged.sum()), scale, false_regions)
    maxima = _block_maxima(size, judged)
    if len(maxima) < FEWEST_BLOCKS:
        return noise
    law = -np.log(-np.log(np.array(SHARES)))
    slope, offset = np.polyfit(law, np.quantile(maxima, SHARES), 1)
    return max(noise, float(offset + slope * math.log(len(maxima) / false_regions)))


def _gaussian_level(area: float, scale: float, false_regions: float) -> float:
    """Where smoothed white noise, both signs, has `false_regions` peaks in `area` pixels."""
    tests = 2 * area / (2 * scale**2) / (2 * math.pi) ** 1.5
    level = 4.0
    for _ in range(20):  # tests * level * exp(-level ** 2 / 2) = false_regions
        level = math.sqrt(2 * math.log(max(tests * level / false_regions, math.e)))
    return level


def _block_maxima(size: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """Largest judged value of each block that is judged by half or more."""
    starts = [np.linspace(0, side, max(1, round(side / BLOCK)), endpoint=False).astype(int) for side in size.shape]
    maxima = _over_blocks(np.maximum, np.where(judged, size, 0), starts)
    share = _over_blocks(np.add, judged.astype(np.float32), starts) / _over_blocks(
        np.add, np.ones(judged.shape, np.float32), starts
    )
    return maxima[share >= 0.5]


def _over_blocks(how: np.ufunc, values: np.ndarray, starts: list[np.ndarray]) -> np.ndarray:
    return how.reduceat(how.reduceat(values, starts[0], axis=0), starts[1], axis=1)
