"""Where the dies, defects and patterns of a wafer lie in a drawing: the same for the page (SVG) and for PNG."""

from __future__ import annotations

from dataclasses import dataclass

from semscan.values.fab.defect import WaferDefect
from semscan.values.fab.place import WaferFrame
from semscan.values.fab.summary import WaferSummary

WIDE = 360.0
MARGIN = 6.0
DOT = 2.6
MOST_DOTS = 5000
SINGLE = "single"


@dataclass(frozen=True, slots=True)
class DieBox:
    """One inspected die; `share` is its count, 1 for the die with most defects."""

    x: float
    y: float
    width: float
    height: float
    words: str
    share: float


@dataclass(frozen=True, slots=True)
class MapDot:
    """One defect; `kind` is that of its pattern, or `SINGLE`."""

    x: float
    y: float
    kind: str


@dataclass(frozen=True, slots=True)
class WaferMap:
    """A drawing `WIDE` wide. `outline` is centre x, y and radius of the wafer, None where that is not known.

    `notch` is a place on the outline. `lines` are the places of each scratch, end to end.
    """

    height: float
    dies: list[DieBox]
    dots: list[MapDot]
    lines: list[list[tuple[float, float]]]
    outline: tuple[float, float, float] | None
    notch: tuple[float, float] | None
    width: float = WIDE
    radius: float = DOT


def wafer_map(summary: WaferSummary) -> WaferMap:
    """Lay out the map of one wafer. Without a pitch the dies are squares, and no defect has a place in them."""
    frame = summary.wafer.frame
    pitch = frame.pitch_um or (1.0, 1.0)
    scale = _Scale(summary, pitch)
    most = max((density.defects for _, density in summary.dies), default=0)
    boxes = [
        DieBox(
            *scale.at(column * pitch[0], (row + 1) * pitch[1]),
            pitch[0] * scale.factor,
            pitch[1] * scale.factor,
            f"die {column}, {row}: {density.defects}",
            density.defects / most if most else 0.0,
        )
        for (column, row), density in summary.dies
    ]
    dots: list[MapDot] = []
    lines: list[list[tuple[float, float]]] = []
    if frame.pitch_um is not None:
        kinds = {defect.id: pattern.kind for pattern in summary.patterns for defect in pattern.defects}
        shown = summary.wafer.counted[:MOST_DOTS]
        dots = [MapDot(*scale.of(defect, pitch), kinds.get(defect.id, SINGLE)) for defect in shown]
        scratches = [pattern for pattern in summary.patterns if pattern.kind == "scratch"]
        lines = [sorted(scale.of(defect, pitch) for defect in pattern.defects) for pattern in scratches]
    outline, notch = _outline(frame, scale)
    return WaferMap(scale.height, boxes, dots, lines, outline, notch)


class _Scale:
    """From µm on the wafer, y upwards, to the drawing, y downwards."""

    def __init__(self, summary: WaferSummary, pitch: tuple[float, float]) -> None:
        columns = [column for (column, _), _ in summary.dies] or [0]
        rows = [row for (_, row), _ in summary.dies] or [0]
        left, right = min(columns) * pitch[0], (max(columns) + 1) * pitch[0]
        low, high = min(rows) * pitch[1], (max(rows) + 1) * pitch[1]
        circle = _circle(summary.wafer.frame)
        if circle is not None:
            x, y, radius = circle
            left, right = min(left, x - radius), max(right, x + radius)
            low, high = min(low, y - radius), max(high, y + radius)
        self.factor = (WIDE - 2 * MARGIN) / max(right - left, high - low)
        self.height = (high - low) * self.factor + 2 * MARGIN
        self._left = left - ((WIDE - 2 * MARGIN) / self.factor - (right - left)) / 2
        self._high = high

    def at(self, x: float, y: float) -> tuple[float, float]:
        return MARGIN + (x - self._left) * self.factor, MARGIN + (self._high - y) * self.factor

    def of(self, defect: WaferDefect, pitch: tuple[float, float]) -> tuple[float, float]:
        return self.at(defect.column * pitch[0] + defect.x_um, defect.row * pitch[1] + defect.y_um)


def _circle(frame: WaferFrame) -> tuple[float, float, float] | None:
    """Return centre and radius of the wafer in µm, where they and the pitch are known."""
    if frame.pitch_um is None or frame.centre_um is None or not frame.size_mm or frame.size_mm <= 0:
        return None
    return *frame.centre_um, frame.size_mm * 500.0


def _outline(frame: WaferFrame, scale: _Scale) -> tuple[tuple[float, float, float] | None, tuple[float, float] | None]:
    circle = _circle(frame)
    if circle is None:
        return None, None
    x, y = scale.at(circle[0], circle[1])
    radius = circle[2] * scale.factor
    sides = {"DOWN": (0, 1), "UP": (0, -1), "LEFT": (-1, 0), "RIGHT": (1, 0)}
    side = sides.get((frame.mark_at or "").upper())
    notch = None if side is None else (x + side[0] * radius, y + side[1] * radius)
    return (x, y, radius), notch
