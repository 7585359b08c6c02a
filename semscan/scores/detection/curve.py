"""The hit/miss curve of non-destructive testing: how large a defect must be to be found nine times in ten.

The method is that of MIL-HDBK-1823A, "Nondestructive Evaluation System Reliability Assessment" (2009), for hit/miss
data: a logistic curve over the logarithm of the size. Here the contrast is a second predictor where it is known.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from semscan.scores.detection.logistic import fit_logistic
from semscan.scores.intervals import share_interval
from semscan.values.detection import STATED_CONTRAST, DetectedShare, DetectionCurve, DetectionFigures, TriedDefect
from semscan.values.detection_probability import probability

NINE_IN_TEN = math.log(0.9 / 0.1)  # the logit of 0.9
ONE_SIDED = 1.6449  # standard deviations of a one-sided confidence of 95 %
FEWEST = 12  # defects below which no curve is fitted
FEWEST_NEAR = 40  # defects of about the stated contrast
NEAR = 2.0  # times it, or a half of it
GRID = 400
SIZES = (0.0, 4.0, 6.0, 9.0, 13.0, 20.0, 30.0, 1e4)  # px, the bins of the table
CONTRASTS = (0.0, 0.05, 0.1, 0.2, 0.4, 1.5)
CLEAR_PX = 8.0
CLEAR_CONTRAST = 0.15


def detection_curve(defects: Sequence[TriedDefect], nm_per_pixel: float | None = None) -> DetectionCurve | None:
    """Fit the probability of detection over the size of defects, and over their contrast where all have one.

    Parameters
    ----------
    defects : sequence of TriedDefect
    nm_per_pixel : float, optional
        Of the images, where it is the same in all.

    Returns
    -------
    DetectionCurve or None
        None without defects.
    """
    if not defects:
        return None
    sizes = np.array([defect.size_px for defect in defects])
    found = np.array([defect.found for defect in defects])
    contrasts = [defect.contrast for defect in defects if defect.contrast is not None]
    has_contrast = len(contrasts) == len(defects)
    clear = [one.found for one in defects if one.size_px >= CLEAR_PX and (one.contrast or 0) >= CLEAR_CONTRAST]
    low, high = share_interval(int(found.sum()), len(found), np.zeros(0)) or [0.0, 1.0]
    any_contrast = _fit(sizes, None, found)
    fitted = _fit_near(sizes, np.array(contrasts), found) if has_contrast else any_contrast._replace(coefficients=())
    nm = nm_per_pixel or math.nan
    return DetectionCurve(
        defects=len(defects),
        found=int(found.sum()),
        share=float(found.mean()),
        share_95=(low, high),
        clear=len(clear),
        clear_found=sum(clear),
        at_contrast=STATED_CONTRAST if has_contrast else None,
        a90_px=fitted.a90,
        a90_95_px=fitted.a90_95,
        a90_nm=_times(fitted.a90, nm),
        a90_95_nm=_times(fitted.a90_95, nm),
        a90_any_px=any_contrast.a90,
        smallest_px=float(sizes.min()),
        largest_px=float(sizes.max()),
        by_size=_in_bins(sizes, found, SIZES),
        by_contrast=_in_bins(np.array(contrasts), found, CONTRASTS) if has_contrast else (),
        kinds={kind: _of_kind(kind, defects) for kind in sorted({one.kind for one in defects})},
        coefficients=fitted.coefficients,
        any_contrast=any_contrast.coefficients,
    )


def compare_with_painted(
    painted: DetectionCurve | None, painted_on: str | None, real: Sequence[TriedDefect], nm_per_pixel: float | None
) -> DetectionFigures | None:
    """Set the curve of real defects beside that of painted ones; None without either.

    Parameters
    ----------
    painted : DetectionCurve or None
    painted_on : str or None
        Which images were painted into.
    real : sequence of TriedDefect
    nm_per_pixel : float or None
        Of the images with the real defects, where it is the same in all.
    """
    curve = detection_curve(real, nm_per_pixel)
    if painted is None and curve is None:
        return None
    expected = ratio = None
    if painted is not None and painted.any_contrast and curve is not None:
        sizes = np.clip([one.size_px for one in real], painted.smallest_px, painted.largest_px)
        expected = float(probability(painted, sizes).mean())
        if painted.a90_any_px and curve.a90_any_px and not curve.a90_is_smallest:
            ratio = curve.a90_any_px / painted.a90_any_px
    return DetectionFigures(
        painted=painted, painted_on=painted_on, real=curve, share_of_real_expected=expected, a90_ratio=ratio
    )


class _Fit(NamedTuple):
    """A fitted curve: its coefficients, and the sizes found nine times in ten; None where no size is."""

    coefficients: tuple[float, ...] = ()
    a90: float | None = None
    a90_95: float | None = None


def _fit_near(sizes: np.ndarray, contrasts: np.ndarray, found: np.ndarray) -> _Fit:
    """Fit the defects of about the stated contrast; of all, if they are few.

    Small defects of a much higher contrast are found too. A curve through all of them would promise sizes that were
    never tried at the stated contrast.
    """
    near = (contrasts >= STATED_CONTRAST / NEAR) & (contrasts <= STATED_CONTRAST * NEAR)
    if near.sum() < FEWEST_NEAR:
        near[:] = True
    return _fit(sizes[near], contrasts[near], found[near])


def _fit(sizes: np.ndarray, contrasts: np.ndarray | None, found: np.ndarray) -> _Fit:
    if len(sizes) < FEWEST:
        return _Fit()
    columns = [np.ones(len(sizes)), np.log(sizes)]
    if contrasts is not None:
        columns.append(np.log(contrasts))
    coefficients, covariance = fit_logistic(np.stack(columns, 1), found)
    grid = np.geomspace(sizes.min(), sizes.max(), GRID)
    rows = np.ones((GRID, len(columns)))
    rows[:, 1] = np.log(grid)
    rows[:, 2:] = math.log(STATED_CONTRAST)
    odds = rows @ coefficients
    deviation = np.sqrt(np.einsum("ij,jk,ik->i", rows, covariance, rows))
    reached = _reached(grid, odds), _reached(grid, odds - ONE_SIDED * deviation)
    return _Fit(tuple(map(float, coefficients)), *reached)


def _reached(sizes: np.ndarray, odds: np.ndarray) -> float | None:
    """Return the size from which on all larger ones have odds of at least nine in ten."""
    short = np.flatnonzero(odds < NINE_IN_TEN)
    if not short.size:
        return float(sizes[0])
    return None if short[-1] == len(sizes) - 1 else float(sizes[short[-1] + 1])


def _in_bins(values: np.ndarray, found: np.ndarray, edges: Sequence[float]) -> tuple[DetectedShare, ...]:
    """Count in bins; empty ones are left out."""
    bins = []
    for low, high in itertools.pairwise(edges):
        inside = (values >= low) & (values < high)
        if inside.any():
            bins.append(DetectedShare(above=low, below=high, defects=int(inside.sum()), found=int(found[inside].sum())))
    return tuple(bins)


def _of_kind(kind: str, defects: Sequence[TriedDefect]) -> DetectedShare:
    own = [one for one in defects if one.kind == kind]
    sizes = [float(one.size_px) for one in own]
    return DetectedShare(above=min(sizes), below=max(sizes), defects=len(own), found=sum(one.found for one in own))


def _times(size: float | None, nm: float) -> float | None:
    return None if size is None or math.isnan(nm) else size * nm
