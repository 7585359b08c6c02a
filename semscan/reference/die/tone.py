"""Grey levels of one image as the other would have recorded them."""

from __future__ import annotations

import cv2
import numpy as np

BLUR = 1.0
SAMPLES = 60_000
QUANTILES = np.linspace(0.005, 0.995, 100)
ROUNDS = 6
BEND = 1e-3


def rank_tone(inspected, seen, common):
    """The reference in the inspected image's grey levels, rank by rank.

    For use before edges lie on each other: equal quantiles of the common field are paired, which no
    misplaced edge disturbs, and a parabola is laid through the pairs.

    Parameters
    ----------
    inspected, seen : ndarray of float32, shape (rows, cols)
        `seen` is the reference on the inspected image.
    common : ndarray of bool, shape (rows, cols)

    Returns
    -------
    ndarray of float32, shape (rows, cols)
    """
    theirs, ours = (np.quantile(levels, QUANTILES) for levels in _levels(seen, inspected, common))
    return _apply(theirs, ours, seen)


def pixel_tone(inspected, seen, common):
    """The reference in the inspected image's grey levels, pixel by pixel; for edges that lie on each other.

    A parabola through the pairs of grey levels, fitted robustly, so that defects do not count. Beyond the
    levels that are common it goes on straight. Parameters and result as in `rank_tone`.
    """
    theirs, ours = _levels(seen, inspected, common)
    return _apply(theirs, ours, seen)


def _levels(seen, inspected, common):
    at = np.flatnonzero(common)
    at = at[:: max(1, at.size // SAMPLES)]
    return [cv2.GaussianBlur(part, (0, 0), BLUR).flat[at].astype(np.float64) for part in (seen, inspected)]


def _apply(theirs, ours, seen):
    low, high = np.quantile(theirs, [0.01, 0.99])
    centre, half = (low + high) / 2, max((high - low) / 2, 1e-6)
    offset, gain, bend = _robust_parabola((theirs - centre) / half, ours)
    place = (seen - np.float32(centre)) / np.float32(half)
    inner = np.clip(place, -1, 1)
    slope = np.maximum(gain + 2 * bend * inner, 0.2 * abs(gain))
    return (offset + gain * inner + bend * inner**2 + slope * (place - inner)).astype(np.float32)


def _robust_parabola(place, wanted):
    """Offset, gain and bend by iterated reweighting (Tukey); what is hardly supported stays straight."""
    columns = np.stack([np.ones_like(place), place, place**2])
    weight = np.ones_like(place)
    fit = np.zeros(3)
    for _ in range(ROUNDS):
        weighted = columns * weight
        normal = weighted @ columns.T + np.diag([0.0, 0.0, BEND * weight.sum()])
        fit = np.linalg.lstsq(normal, weighted @ wanted, rcond=None)[0]
        error = np.abs(wanted - fit @ columns)
        weight = np.maximum(1 - (error / (6 * max(float(np.median(error)), 1e-6))) ** 2, 0) ** 2
    return fit
