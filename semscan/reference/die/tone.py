"""Match the grey levels of the reference to those of the inspected image."""

from __future__ import annotations

import cv2
import numpy as np

BLUR = 1.0
SAMPLES = 60_000
QUANTILES = np.linspace(0.005, 0.995, 100)
ROUNDS = 6
BEND_PENALTY = 1e-3
LEAST_ERROR = 0.02  # of the range of the levels: in a two-level image most errors are 0, and others are no outliers


def match_by_rank(inspected: np.ndarray, warped: np.ndarray, common: np.ndarray) -> np.ndarray:
    """Bring the reference to the inspected image's grey levels, rank by rank.

    For use before edges lie on each other: equal quantiles of the common field are paired, which no
    misplaced edge disturbs, and a parabola is fitted to the pairs.

    Parameters
    ----------
    inspected, warped : ndarray of float32, shape (rows, cols)
        `warped` is the reference on the inspected image.
    common : ndarray of bool, shape (rows, cols)
        Where both are judged.

    Returns
    -------
    ndarray of float32, shape (rows, cols)
    """
    theirs, ours = _levels(inspected, warped, common)
    return _apply(np.quantile(theirs, QUANTILES), np.quantile(ours, QUANTILES), warped)


def match_by_pixel(inspected: np.ndarray, warped: np.ndarray, common: np.ndarray) -> np.ndarray:
    """Bring the reference to the inspected image's grey levels, pixel by pixel; for edges that lie on each other.

    A parabola is fitted robustly to the pairs of grey levels, so that defects do not count. Beyond the
    common levels it continues as a straight line. Parameters and result are as in `match_by_rank`.
    """
    theirs, ours = _levels(inspected, warped, common)
    return _apply(theirs, ours, warped)


def _levels(inspected: np.ndarray, warped: np.ndarray, common: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return sampled grey levels of the reference and of the inspected image, after a slight blur, float64."""
    at = np.flatnonzero(common)
    at = at[:: max(1, at.size // SAMPLES)]
    theirs = cv2.GaussianBlur(warped, (0, 0), BLUR).flat[at].astype(np.float64)
    ours = cv2.GaussianBlur(inspected, (0, 0), BLUR).flat[at].astype(np.float64)
    return theirs, ours


def _apply(theirs: np.ndarray, ours: np.ndarray, warped: np.ndarray) -> np.ndarray:
    """Fit a parabola from `theirs` to `ours`, and apply it to the warped reference."""
    low, high = np.quantile(theirs, [0.01, 0.99])
    centre = (low + high) / 2
    half = max((high - low) / 2, 1e-6)
    offset, gain, bend = _robust_parabola((theirs - centre) / half, ours)
    level = (warped - np.float32(centre)) / np.float32(half)
    inner = np.clip(level, -1, 1)
    # outside of the fitted range a parabola may turn back: continue with its slope, never falling
    slope = np.maximum(gain + 2 * bend * inner, 0.2 * abs(gain))
    return (offset + gain * inner + bend * inner**2 + slope * (level - inner)).astype(np.float32)


def _robust_parabola(level: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Fit offset, gain and bend by iterated reweighting (Tukey); a bend that few pairs support stays small."""
    columns = np.stack([np.ones_like(level), level, level**2])
    weight = np.ones_like(level)
    fit = np.zeros(3)
    least = max(LEAST_ERROR * float(np.ptp(np.quantile(wanted, [0.01, 0.99]))), 1e-6)
    for _ in range(ROUNDS):
        weighted = columns * weight
        normal = weighted @ columns.T + np.diag([0.0, 0.0, BEND_PENALTY * weight.sum()])
        fit = np.linalg.lstsq(normal, weighted @ wanted, rcond=None)[0]
        error = np.abs(wanted - fit @ columns)
        weight = np.maximum(1 - (error / (6 * max(float(np.median(error)), least))) ** 2, 0) ** 2
    return fit
