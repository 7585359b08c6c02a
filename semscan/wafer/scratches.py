"""Scratches: long defects that lie one behind the other, in one die or across neighbouring ones.

How far a line of strokes is from chance is counted a contrario: the number of lines that were tried, times the
probability that so many strokes lie on a line, and so many of their axes along it, if places and directions are random.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from scipy.special import bdtrc

from semscan.values.fab.defect import InspectedWafer
from semscan.values.fab.summary import Pattern
from semscan.wafer.strokes import Stroke, strokes

STRAIGHT_DEG = 3.0  # of middles, as seen from both that a line is laid through
WITHIN_DEG = (3.0, 8.0)  # of axes: both are tried
OF_PATTERN_DEG = 5.0  # how far axes along the pattern turn from the columns and rows of the dies
LARGEST_CHANCE = 0.01
SAMPLES = 12  # along each side of a die
MOST = 300  # the longest strokes; the time grows with the square of their number, and more


def find_scratches(wafer: InspectedWafer, taken: Collection[int]) -> list[Pattern]:
    """Find strokes that lie on one line.

    A stroke is a long defect, or one of the class "scratch", of which often only short pieces are found: these have
    no axis. A line is laid through each two strokes of the same or of neighbouring dies, if it lies along each axis
    that they have, and they have one. Strokes of neighbouring dies whose middles lie on this line are added. A stroke
    on the line whose axis points elsewhere counts against it and does not end it.

    Lines of the pattern run along the dies or across. So defects of the pattern often have the same axis, and on a
    line in such a direction all axes of other classes than "scratch" count as one.

    Parameters
    ----------
    wafer : InspectedWafer
        Without a pitch of its dies, no scratch is found.
    taken : collection of int
        Defects that belong to something else.

    References
    ----------
    A. Desolneux, L. Moisan, J.-M. Morel, "Meaningful alignments", International Journal of Computer Vision 40, 2000,
    doi:10.1023/A:1026593302236.
    """
    pitch = wafer.frame.pitch_um
    found = [stroke for stroke in strokes(wafer, taken) if stroke.has_axis or stroke.is_scratch]
    found = sorted(found, key=lambda stroke: -stroke.elongation)[:MOST]
    if len(found) < 2 or pitch is None:
        return []
    tried = _Strokes(found, pitch)
    free = set(range(len(found)))
    patterns = []
    for chance, members in sorted(tried.lines()):
        if chance < LARGEST_CHANCE and free.issuperset(members):
            free.difference_update(members)
            patterns.append(_pattern([found[n] for n in members], chance))
    return patterns


def _pattern(line: list[Stroke], chance: float) -> Pattern:
    pieces = sorted((piece for stroke in line for piece in stroke.pieces), key=lambda piece: piece.id)
    x, y = (sum(values) / len(line) for values in zip(*((s.x_um, s.y_um) for s in line), strict=True))
    return Pattern(kind="scratch", defects=tuple(pieces), chance=chance, x_um=x, y_um=y)


class _Strokes:
    """All strokes, as arrays: which are neighbours, the direction from each to each, and how axes turn from it."""

    def __init__(self, found: list[Stroke], pitch: tuple[float, float]) -> None:
        self.places = np.array([(stroke.x_um, stroke.y_um) for stroke in found])
        dies = np.array([stroke.die for stroke in found])
        self.near = np.abs(dies[:, None] - dies[None]).max(axis=2) <= 1
        np.fill_diagonal(self.near, False)
        self.direction = np.stack([_direction(place, self.places) for place in self.places])
        self.dies, self.die = np.unique(dies, axis=0, return_inverse=True)
        steps = (np.arange(SAMPLES) + 0.5) / SAMPLES
        self.samples = np.array([(x, y) for x in steps for y in steps]) * pitch
        self.pitch = pitch
        self.angle = np.array([stroke.angle_deg for stroke in found])
        self.has_axis = np.array([stroke.has_axis for stroke in found])
        self.is_scratch = np.array([stroke.is_scratch for stroke in found])

    def lines(self) -> list[tuple[float, list[int]]]:
        """Return each line with the number of lines like it that chance would make."""
        fits = ~self.has_axis[:, None] | (_turn(self.direction, self.angle[:, None]) <= WITHIN_DEG[-1])
        known = self.has_axis[:, None] | self.has_axis[None]
        pairs = np.argwhere(np.triu(self.near & fits & fits.T & known))
        tests = float(np.count_nonzero(self.near)) / 2
        return [self._line(int(one), int(other), tests) for one, other in pairs]

    def _line(self, one: int, other: int, tests: float) -> tuple[float, list[int]]:
        """Lay a line through two strokes."""
        along = float(self.direction[one, other])
        on_line = self._on_line(one, other, self.places)
        on_line[[one, other]] = True
        members = np.zeros(len(on_line), bool)
        members[[one, other]] = True
        while True:
            near = self.near[members].any(axis=0)
            grown = members | (near & on_line)
            if (grown == members).all():
                break
            members = grown
        others = near | members
        others[[one, other]] = False
        further, count = int(np.count_nonzero(others & members)), int(np.count_nonzero(others))
        of_axes = self._chance_of_axes(members, along)
        chance = tests * _chance_of_both(further, count, self._share_on_line(one, other, others), of_axes)
        return chance, np.flatnonzero(members).tolist()

    def _on_line(self, one: int, other: int, places: np.ndarray) -> np.ndarray:
        """Return which places lie on a line, as seen from both strokes that it is laid through."""
        along = float(self.direction[one, other])
        turns = [_turn(_direction(self.places[end], places), along) for end in (one, other)]
        return np.asarray(np.maximum(*turns) <= STRAIGHT_DEG)

    def _share_on_line(self, one: int, other: int, others: np.ndarray) -> float:
        """Return how likely one of the other strokes lies on a line if each lies anywhere in its die.

        A mean of unequal probabilities overstates the chance of many hits, if anything (Hoeffding, 1956).
        """
        dies, strokes_of = np.unique(self.die[others], return_counts=True)
        if not len(dies):
            return 0.0
        samples = (self.dies[dies] * self.pitch)[:, None] + self.samples
        shares = self._on_line(one, other, samples).mean(axis=1)
        return max(2 * STRAIGHT_DEG / 180, float(np.average(shares, weights=strokes_of)))

    def _chance_of_axes(self, members: np.ndarray, along: float) -> float:
        """Return the probability that so many axes lie along a line, of that tolerance which makes it smaller."""
        axes = np.flatnonzero(members & self.has_axis)
        turns = _turn(self.angle[axes], along)
        from_pattern = abs((along + 45) % 90 - 45)
        chances = []
        for within in WITHIN_DEG:
            is_own = self.is_scratch[axes] | (from_pattern > within + OF_PATTERN_DEG)
            fits = turns <= within
            count = is_own.sum() + (~is_own).any()
            hits = fits[is_own].sum() + fits[~is_own].any()
            chances.append(_at_least(hits, count, 2 * within / 180))
        return min(1.0, len(WITHIN_DEG) * min(chances))


def _chance_of_both(hits: int, count: int, probability: float, other: float) -> float:
    """Return the probability that the product of two chances is as small as that of `hits` of `count`, and `other`.

    The first takes one of few values, and the sum is over these. The second is at most a value with no more than that
    probability.

    Examples
    --------
    >>> _chance_of_both(0, 0, 0.1, 0.02)
    0.02
    """
    product = _at_least(hits, count, probability) * other
    tails = np.array([_at_least(n, count, probability) for n in range(count + 2)])
    tails[-1] = 0.0
    below = np.divide(product, tails[:-1], out=np.ones(count + 1), where=tails[:-1] > product)
    return float(((tails[:-1] - tails[1:]) * below).sum())


def _at_least(hits: int, count: int, probability: float) -> float:
    """Return the probability of at least `hits` of `count`."""
    return 1.0 if hits <= 0 else float(bdtrc(int(hits) - 1, int(count), probability))


def _direction(place: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the direction from a place to others, x and y in the last axis, in degrees."""
    away = places - place
    return np.asarray(np.degrees(np.arctan2(away[..., 1], away[..., 0])))


def _turn(one: np.ndarray, other: np.ndarray | float) -> np.ndarray:
    """Return the angle between axes, 0 to 90 degrees."""
    turn = np.abs(one - other) % 180
    return np.minimum(turn, 180 - turn)
