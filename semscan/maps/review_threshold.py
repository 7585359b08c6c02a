"""Choose the threshold that agrees best with a person's decisions about regions."""

from __future__ import annotations

import numpy as np

NEIGHBOURS = 10  # decided regions of similar score, by which an undecided one is judged
LOST = 0.1  # share of the real regions that a higher threshold may lose
ABOVE = 1.05  # a threshold beyond all peaks lies this much above the highest


def reviewed_threshold(real: np.ndarray, harmless: np.ndarray, undecided: np.ndarray) -> float:
    """Return the threshold with the fewest wrong decisions, among those that keep nine in ten of the real regions.

    Wrong are a harmless region above the threshold and a real one that is not. An undecided region counts as real with
    the share of real ones among the `NEIGHBOURS` decided regions of the nearest score. One that scores lower than all
    decided ones counts as real: nobody has looked there. The threshold is never above the highest harmless region but
    by the gap to the next one: of what is higher, nothing is known to be harmless. Of thresholds that are equally good
    the one nearest to the present counts, in the middle between two peaks.

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
    is_real = np.arange(len(chances)) < len(real)
    peaks = np.concatenate([real, harmless, undecided])
    order = np.argsort(peaks, kind="stable")
    peaks = peaks[order]
    # of a threshold above the first n peaks, for n of 0 to all: real regions lost, decided ones alone and all, and
    # wrong decisions
    lost = np.array([np.concatenate([[0], np.cumsum(each[order])]) for each in (is_real, chances)])
    wrong = lost[1] + np.concatenate([np.cumsum((1 - chances[order])[::-1])[::-1], [0]])
    present = int(np.searchsorted(peaks, 1.0, side="right"))
    highest = int(np.searchsorted(peaks, harmless.max(initial=0.0), side="right"))
    is_possible = np.concatenate([[True], np.diff(peaks) > 0, [True]])
    is_possible &= (lost <= np.maximum(LOST * lost[:, -1:], lost[:, [present]]) + 1e-9).all(axis=0)
    is_possible[max(highest, present) + 1 :] = False
    possible = np.flatnonzero(is_possible)
    best = possible[wrong[possible] < wrong[possible].min() + 1e-9]
    thresholds = np.array([_between(peaks, int(place)) for place in best])
    return float(thresholds[np.argmin(np.abs(np.log(thresholds)))])


def _chances(real: np.ndarray, harmless: np.ndarray, undecided: np.ndarray) -> np.ndarray:
    """Return how likely undecided regions are real, 0 to 1; 1 below all decided ones."""
    decided = np.log(np.concatenate([real, harmless]))
    is_real = np.concatenate([np.ones(len(real)), np.zeros(len(harmless))])
    nearest = [np.argsort(np.abs(decided - peak), kind="stable")[:NEIGHBOURS] for peak in np.log(undecided)]
    chances = np.array([is_real[places].mean() for places in nearest])
    return np.where(undecided < min(real.min(initial=np.inf), harmless.min(initial=np.inf)), 1.0, chances)


def _between(peaks: np.ndarray, place: int) -> float:
    """Return a threshold above `place` of the peaks: the present one where it fits."""
    low = peaks[place - 1] if place else 0.0
    high = peaks[place] if place < len(peaks) else np.inf
    if low <= 1 < high:
        return 1.0
    if not place:
        return float(high / ABOVE)
    return float(low * ABOVE if np.isinf(high) else np.sqrt(low * high))
