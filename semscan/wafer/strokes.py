"""Strokes: defects with an axis, and the pieces of a scratch in one image as one."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from semscan.values.fab.defect import InspectedWafer, WaferDefect

SCRATCH = "scratch"
LONG = 2.5  # length by width, from which a defect has an axis
SPLIT = 1.5  # ... and one of several pieces of the class scratch


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


def strokes(wafer: InspectedWafer, taken: Collection[int]) -> list[Stroke]:
    """Return each defect with its axis; the pieces of the class "scratch" in one image are one stroke."""
    pitch = wafer.frame.pitch_um
    if pitch is None:
        return []
    by_source: dict[tuple[str, object], list[WaferDefect]] = {}
    for defect in wafer.counted:
        if defect.id not in taken:
            piece = defect.class_name == SCRATCH
            by_source.setdefault((defect.source, SCRATCH if piece else defect.id), []).append(defect)
    return [_stroke(tuple(pieces), pitch) for pieces in by_source.values()]


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
