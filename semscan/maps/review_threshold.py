"""Choose the threshold that agrees best with a person's decisions about regions."""

from __future__ import annotations

import numpy as np

NEIGHBOURS = 10  # decided regions of similar score, by which an undecided one is judged
ABOVE = 1.05  # a threshold beyond all peaks lies this much above the highest


def reviewed_threshold(real: np.ndarray, harmless: np.ndarray, undecided: np.ndarray) -> float:
    """Return the threshold with the fewest wrong decisions that are to be expected.

    Wrong are a harmless region above the threshold and a real one that is not. An undecided region counts as real with
    the share of real ones among the `NEIGHBOURS` decided regions of the most similar score, with one more of each kind
    (Laplace's rule), so that few decisions do not remove many regions that nobody has looked at. Of thresholds that are
    equally good the one nearest to the present counts, in the middle between two peaks.

    Parameters
    ----------
    real, harmless, undecided : ndarrays, shape (n,)
        Peaks in multiples of the present threshold, above 0. A region is found if its peak exceeds the threshold.

    Returns
    -------
    float
        In the same multiples; 1 keeps the present threshold.

    Examples
    --------
    >>> nothing = np.zeros(0)
    >>> reviewed_threshold(np.array([8.0, 9.0]), np.array([1.5, 2.0]), nothing)
    4.0
    """
    chances = np.concatenate([np.ones(len(real)), np.zeros(len(harmless)), _chances(real, harmless, undecided)])
    peaks = np.concatenate([real, harmless, undecided])
    order = np.argsort(peaks, kind="stable")
    peaks, chances = peaks[order], chances[order]
    # of a threshold above the first n peaks, for n of 0 to all
    wrong = np.concatenate([[0], np.cumsum(chances)]) + np.concatenate([np.cumsum((1 - chances)[::-1])[::-1], [0]])
    possible = np.flatnonzero(np.concatenate([[True], np.diff(peaks) > 0, [True]]))
    best = possible[wrong[possible] < wrong[possible].min() + 1e-9]
    thresholds = np.array([_between(peaks, int(place)) for place in best])
    return float(thresholds[np.argmin(np.abs(np.log(thresholds)))])


def _chances(real: np.ndarray, harmless: np.ndarray, undecided: np.ndarray) -> np.ndarray:
    """Return how likely undecided regions are real, 0 to 1."""
    decided = np.log(np.concatenate([real, harmless]))
    is_real = np.concatenate([np.ones(len(real)), np.zeros(len(harmless))])
    found = []
    for peak in np.log(undecided):
        nearest = np.argsort(np.abs(decided - peak), kind="stable")[:NEIGHBOURS]
        found.append((is_real[nearest].sum() + 1) / (len(nearest) + 2))
    return np.array(found)


def _between(peaks: np.ndarray, place: int) -> float:
    """Return a threshold above `place` of the peaks: the present one where it fits."""
    low = peaks[place - 1] if place else 0.0
    high = peaks[place] if place < len(peaks) else np.inf
    if low <= 1 < high:
        return 1.0
    if not place:
        return float(high / ABOVE)
    return float(low * ABOVE if np.isinf(high) else np.sqrt(low * high))
