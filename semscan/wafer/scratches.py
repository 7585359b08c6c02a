"""Scratches: long defects that lie one behind the other, in one die or across neighbouring ones."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from semscan.values.fab.defect import InspectedWafer, WaferDefect
from semscan.values.fab.summary import Pattern
from semscan.wafer.groups import joined

SCRATCH = "scratch"
LONG = 2.5  # a stroke, length by width
SPLIT = 1.5  # ... and one of several pieces of the class scratch
WITHIN_DEG = 8.0
STRAIGHT_DEG = 3.0
LARGEST_CHANCE = 0.01
MOST = 2000  # the longest strokes; the number of pairs grows with the square


@dataclass(frozen=True, slots=True)
class Stroke:
    """A long defect, or the pieces of one in one image: its middle on the wafer in µm, and its axis."""

    pieces: tuple[WaferDefect, ...]
    x_um: float
    y_um: float
    angle_deg: float
    elongation: float

    @property
    def has_axis(self) -> bool:
        """True if its direction is known."""
        return self.elongation >= (LONG if len(self.pieces) == 1 else SPLIT)

    @property
    def is_scratch(self) -> bool:
        """True if it is of the class "scratch"."""
        return self.pieces[0].class_name == SCRATCH

    @property
    def die(self) -> tuple[int, int]:
        """Column and row of the die of its first piece."""
        return self.pieces[0].die


def find_scratches(wafer: InspectedWafer, taken: Collection[int]) -> list[Pattern]:
    """Find chains of strokes that lie on one line.

    A stroke is a long defect, or one of the class "scratch", of which often only short pieces are found: these have
    no axis. Two strokes of the same or of neighbouring dies are linked if the line between them lies within
    `WITHIN_DEG` of each axis that they have, and they have one. The middles of a chain must lie on a line: each step
    within `STRAIGHT_DEG` of the whole. The chance is the number of neighbouring pairs, times the probability that
    each axis, and each middle beyond the first two, fits when directions are random.

    Parameters
    ----------
    wafer : InspectedWafer
        Without a pitch of its dies, no chain is found.
    taken : collection of int
        Defects that belong to something else.
    """
    found = [stroke for stroke in strokes(wafer, taken) if stroke.has_axis or stroke.is_scratch]
    found = sorted(found, key=lambda stroke: -stroke.elongation)[:MOST]
    pairs = [pair for pair in combinations(range(len(found)), 2) if _are_neighbours(*(found[n] for n in pair))]
    links = [pair for pair in pairs if _are_aligned(*(found[n] for n in pair))]
    patterns = []
    for members in joined(len(found), links):
        chain = [found[n] for n in members]
        if len(chain) < 2 or not _is_straight(chain):
            continue
        axes = sum(stroke.has_axis for stroke in chain)
        chance = len(pairs) * (2 * WITHIN_DEG / 180) ** axes * (2 * STRAIGHT_DEG / 180) ** (len(chain) - 2)
        if chance < LARGEST_CHANCE:
            pieces = sorted((piece for stroke in chain for piece in stroke.pieces), key=lambda piece: piece.id)
            x, y = (sum(values) / len(chain) for values in zip(*((s.x_um, s.y_um) for s in chain), strict=True))
            patterns.append(Pattern(kind="scratch", defects=tuple(pieces), chance=chance, x_um=x, y_um=y))
    return patterns


def strokes(wafer: InspectedWafer, taken: Collection[int]) -> list[Stroke]:
    """Return each defect with its axis; the pieces of the class "scratch" in one image are one stroke."""
    pitch = wafer.frame.pitch_um
    if pitch is None:
        return []
    by_image: dict[tuple[str, object], list[WaferDefect]] = {}
    for defect in wafer.counted:
        if defect.id not in taken:
            piece = defect.class_name == SCRATCH
            by_image.setdefault((defect.image, SCRATCH if piece else defect.id), []).append(defect)
    return [_stroke(tuple(pieces), pitch) for pieces in by_image.values()]


def _stroke(pieces: tuple[WaferDefect, ...], pitch: tuple[float, float]) -> Stroke:
    """Return the axis of pieces by the second moments of their places, each a disc of its area."""
    places = np.array([on_wafer(piece, pitch) for piece in pieces])
    if len(pieces) == 1:
        (piece,) = pieces
        elongation = piece.elongation if piece.angle_deg is not None else 1.0
        return Stroke(pieces, float(places[0, 0]), float(places[0, 1]), piece.angle_deg or 0.0, elongation)
    areas = np.array([piece.area_um2 for piece in pieces])
    middle = np.average(places, axis=0, weights=areas)
    away = places - middle
    moments = (areas[:, None, None] * away[:, :, None] * away[:, None, :]).sum(axis=0) / areas.sum()
    moments += np.eye(2) * np.average(areas, weights=areas) / (4 * math.pi)
    sizes, axes = np.linalg.eigh(moments)
    angle = math.degrees(math.atan2(axes[1, 1], axes[0, 1]))
    return Stroke(pieces, float(middle[0]), float(middle[1]), angle, math.sqrt(sizes[1] / sizes[0]))


def on_wafer(defect: WaferDefect, pitch: tuple[float, float]) -> tuple[float, float]:
    """Return a place on the wafer, µm from the lower left corner of the die in column 0 and row 0."""
    return defect.column * pitch[0] + defect.x_um, defect.row * pitch[1] + defect.y_um


def _are_neighbours(one: Stroke, other: Stroke) -> bool:
    return max(abs(one.die[0] - other.die[0]), abs(one.die[1] - other.die[1])) <= 1


def _are_aligned(one: Stroke, other: Stroke) -> bool:
    between = _direction(one, other)
    known = [stroke for stroke in (one, other) if stroke.has_axis]
    return bool(known) and all(_turn(between, stroke.angle_deg) <= WITHIN_DEG for stroke in known)


def _is_straight(chain: Sequence[Stroke]) -> bool:
    """Return whether each step from middle to middle, along the chain, has the direction of the whole."""
    spread = [max(values) - min(values) for values in zip(*((s.x_um, s.y_um) for s in chain), strict=True)]
    along = sorted(
        chain, key=lambda stroke: (stroke.x_um, stroke.y_um) if spread[0] > spread[1] else (stroke.y_um, 0.0)
    )
    whole = _direction(along[0], along[-1])
    return all(_turn(whole, _direction(one, other)) <= STRAIGHT_DEG for one, other in pairwise(along))


def _direction(one: Stroke, other: Stroke) -> float:
    return math.degrees(math.atan2(other.y_um - one.y_um, other.x_um - one.x_um))


def _turn(one: float, other: float) -> float:
    """Return the angle between two axes, 0 to 90 degrees."""
    turn = abs(one - other) % 180
    return min(turn, 180 - turn)
