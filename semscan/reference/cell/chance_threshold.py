"""Estimate, from one image, the threshold of its standardised residual that chance rarely exceeds.

A single image is all there is: its residuals at one scale are one correlated field, with too few separate peaks to
follow their tail. Maxima of equal blocks are many, and of any stationary field they follow Gumbel's law. Hence block
maxima here. Two other modules continue a distribution in other ways, for other data:

- `semscan.maps.fit_threshold`: mean excess over a high level, for raw scores of many held-out good images.
- `semscan.reference.die.chance_threshold`: exceedances of single peaks, for two images compared, where flat places
  and edges are counted separately.
"""

from __future__ import annotations

import math

import numpy as np

BLOCK = 24  # px: a defect affects only the few blocks it lies in
# quantiles of the block maxima, through which the law is fitted: the highest tenth, where defects are, is left out
SHARES = (0.3, 0.5, 0.7, 0.8, 0.9)
FALSE_REGIONS = 0.05  # per image and scale; several scales together stay below 0.1
FEWEST_BLOCKS = 9


def chance_threshold(
    deviations: np.ndarray, judged: np.ndarray, scale: float, false_regions: float = FALSE_REGIONS
) -> float:
    """Estimate the value that good images of this kind exceed `false_regions` times each.

    Maxima of blocks of a stationary field follow Gumbel's law. It is fitted to their lower nine
    tenths, so that a defect does not change it, and continued to the number of blocks in the image: rough edges
    and textures have longer tails than noise, which the fit includes. The threshold is never below that of white
    Gaussian noise smoothed to `scale` (expected Euler characteristic of its excursions), so that few blocks
    cannot make it too low.

    Parameters
    ----------
    deviations : ndarray of float32, shape (rows, cols)
        Absolute standardised residual; the result is in its units.
    judged : ndarray of bool, shape (rows, cols)
    scale : float
        Standard deviation of the smoothing, px.
    false_regions : float
        Wanted number per image, above 0.

    References
    ----------
    E. J. Gumbel, "Statistics of Extremes", 1958. R. J. Adler, "The Geometry of Random Fields", 1981, ch. 6.
    """
    of_noise = _gaussian_threshold(float(judged.sum()), scale, false_regions)
    maxima = _block_maxima(deviations, judged)
    if len(maxima) < FEWEST_BLOCKS:
        return of_noise
    # on the scale of -log(-log(share)) the quantiles of Gumbel's law lie on a straight line
    reduced = -np.log(-np.log(np.array(SHARES)))
    slope, offset = np.polyfit(reduced, np.quantile(maxima, SHARES), 1)
    return max(of_noise, float(offset + slope * math.log(len(maxima) / false_regions)))


def _gaussian_threshold(area: float, scale: float, false_regions: float) -> float:
    """Return the level above which smoothed white noise, both signs, has `false_regions` peaks in `area` pixels."""
    tests = 2 * area / (2 * scale**2) / (2 * math.pi) ** 1.5
    level = 4.0
    for _ in range(20):  # solves tests * level * exp(-level ** 2 / 2) = false_regions by fixed-point iteration
        level = math.sqrt(2 * math.log(max(tests * level / false_regions, math.e)))
    return level


def _block_maxima(deviations: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """Return the largest judged value of each block of which half or more is judged."""
    starts = [
        np.linspace(0, side, max(1, round(side / BLOCK)), endpoint=False).astype(int) for side in deviations.shape
    ]
    maxima = _over_blocks(np.maximum, np.where(judged, deviations, 0), starts)
    pixels = _over_blocks(np.add, np.ones(judged.shape, np.float32), starts)
    share = _over_blocks(np.add, judged.astype(np.float32), starts) / pixels
    return maxima[share >= 0.5]


def _over_blocks(reduce: np.ufunc, values: np.ndarray, starts: list[np.ndarray]) -> np.ndarray:
    return reduce.reduceat(reduce.reduceat(values, starts[0], axis=0), starts[1], axis=1)
