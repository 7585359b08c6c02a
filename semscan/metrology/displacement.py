"""Where an edge lies in each single profile, by fitting the model profile to it."""

from __future__ import annotations

import math

import numpy as np

from semscan.metrology.profile import EdgeModel

COARSE = 0.5  # px, steps of the first search
AT_ONCE = 1 << 15  # profiles, so that memory does not grow with the image
TABLE = 0.02  # px, steps of the tabulated model
ROUNDS = 5  # of Gauss and Newton's method
ODD = 6.0  # usual deviations of the misfit beyond which a profile is left out


def displacements(x: np.ndarray, values: np.ndarray, used: np.ndarray, model: EdgeModel, reach: float) -> np.ndarray:
    """Find how far the edge of each profile is displaced from that of the model.

    The displacement is the one with the least sum of squared differences. It moves with the edge by the same amount,
    whatever the model.

    Parameters
    ----------
    x : ndarray of float64, shape (profiles, samples)
        Positions, px.
    values : ndarray of float32 or float64
        Grey levels at these positions.
    used : ndarray of bool
        Samples that count.
    model : EdgeModel
    reach : float
        Largest displacement, px.

    Returns
    -------
    ndarray of float64, shape (profiles,)
        px; NaN where half of the samples or more do not count, where the displacement reaches its largest, and where
        the profile differs from the model far more than others do.
    """
    table_x = np.arange(x.min() - reach - 1, x.max() + reach + 1, TABLE)
    table = model(table_x)
    tables = (table, np.gradient(table, TABLE), float(table_x[0]))
    parts = [slice(start, start + AT_ONCE) for start in range(0, len(x), AT_ONCE)]
    found = [_displaced(x[part], values[part], used[part].astype(np.float64), tables, reach) for part in parts]
    shift, cost = (np.concatenate([each[number] for each in found]) for number in (0, 1))
    count = used.sum(axis=1)
    enough = count > 0.5 * count.max(initial=1)
    sound = enough & (np.abs(shift) < reach - 1e-6) & ~_odd(cost, enough)
    return np.where(sound, shift, np.nan)


def centred(shift: np.ndarray) -> np.ndarray:
    """Return displacements less their mean, px.

    Noise is stronger where a profile is brighter, which displaces all edges by a little. The mean profile, of which the
    noise is low, says where the edges lie in the mean.
    """
    known = np.isfinite(shift)
    return shift - (shift[known].mean() if known.any() else 0.0)


def own_deviation(shift: np.ndarray, lag: int) -> float:
    """Estimate the standard deviation of displacements without noise, px.

    Parameters
    ----------
    shift : ndarray of float64, shape (edges, profiles along each)
        NaN where not known.
    lag : int
        Distance of two profiles along an edge whose noise is independent, while the edge has hardly changed.
    """
    level = centred(shift)
    pairs = level[:, lag:] * level[:, :-lag]
    known = np.isfinite(pairs)
    return math.sqrt(max(float(pairs[known].mean()), 0.0)) if known.any() else 0.0


def _displaced(
    x: np.ndarray, values: np.ndarray, weight: np.ndarray, tables: tuple[np.ndarray, np.ndarray, float], reach: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the displacement of least squares of each profile, and the sum of squares."""
    table, slope, first = tables

    def misfit(shift: np.ndarray) -> np.ndarray:
        return np.asarray((weight * (values - _looked_up(table, first, x - shift[:, None])) ** 2).sum(axis=1))

    tried = np.arange(-reach, reach + COARSE / 2, COARSE)
    costs = np.stack([misfit(np.full(len(x), shift)) for shift in tried])
    shift = tried[costs.argmin(axis=0)]
    for _ in range(ROUNDS):
        at = x - shift[:, None]
        gradient = weight * _looked_up(slope, first, at)
        difference = values - _looked_up(table, first, at)
        change = -(gradient * difference).sum(axis=1) / np.maximum((gradient**2).sum(axis=1), 1e-12)
        shift = np.clip(shift + np.clip(change, -COARSE, COARSE), -reach, reach)
    return shift, misfit(shift)


def _looked_up(table: np.ndarray, first: float, at: np.ndarray) -> np.ndarray:
    """Return tabulated values, linear between the entries."""
    place = np.clip((at - first) / TABLE, 0, len(table) - 1.001)
    below = place.astype(np.int64)
    low = table[below]
    found: np.ndarray = low + (table[below + 1] - low) * (place - below)
    return found


def _odd(cost: np.ndarray, enough: np.ndarray) -> np.ndarray:
    if not enough.any():
        return np.zeros(cost.shape, bool)
    usual = float(np.median(cost[enough]))
    spread = 1.4826 * float(np.median(np.abs(cost[enough] - usual)))
    return cost > usual + ODD * max(spread, 0.05 * usual, 1e-12)
