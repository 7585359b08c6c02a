"""A drawing with bars: its size, its axes, and where values lie in it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# units of the drawings; shown at about this many pixels, so that 11 is a type size
WIDE = 360
HIGH = 210
LEFT = 38
RIGHT = 8
TOP = 22
BOTTOM = 36
LETTER = 6.2  # width of a letter
LEAST_BAR = 1.5  # one image among many is still visible


@dataclass(frozen=True, slots=True)
class GridLine:
    """A line across the bars, and the count that it marks."""

    count: int
    y: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the axis; its label is empty where it would run into the one before."""

    x: float
    label: str
    label_x: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; `kind` is "hot" for defects, "cold" for images without."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Threshold:
    """A threshold among the bars; `side` says where its label is anchored."""

    x: float
    label: str
    label_x: float
    side: str


class Plot:
    """Bars between `edges`, up to `most` high, and their axes."""

    def __init__(self, most: int, edges: Sequence[float]) -> None:
        counts = _round_counts(most)
        self._edges = edges
        self._top = max(most, counts[-1])
        self.grid = [GridLine(count, self.y(count)) for count in counts]

    def x(self, value: float) -> float:
        share = (value - self._edges[0]) / (self._edges[-1] - self._edges[0])
        return LEFT + share * (WIDE - LEFT - RIGHT)

    def y(self, count: float) -> float:
        return HIGH - BOTTOM - count / self._top * (HIGH - TOP - BOTTOM)

    def bars(self, counts: Sequence[int], kind: str, below: Sequence[int] | None = None) -> list[Bar]:
        """Return a bar for each count that is not 0; with `below`, each stands on a bar of that count."""
        bars = []
        for step, count in enumerate(counts):
            foot = self.y(below[step] if below else 0)
            top = self.y(count + (below[step] if below else 0))
            tall = max(foot - top, LEAST_BAR)
            left = self.x(self._edges[step])
            right = self.x(self._edges[step + 1])
            if count:
                bars.append(Bar(kind, left + 0.75, foot - tall, right - left - 1.5, tall))
        return bars

    def ticks(self, values: Iterable[tuple[float, str]]) -> list[Tick]:
        """Return a tick for each value; labels that would run into each other are left out."""
        ticks = []
        last = -math.inf
        for value, label in values:
            x = self.x(value)
            half = LETTER / 2 * len(label)
            fits = x - half > last
            ticks.append(Tick(x, label if fits else "", min(x, WIDE - half)))
            if fits:
                last = x + half + 3
        return ticks

    def threshold(self, value: float) -> Threshold:
        x = self.x(value)
        is_far_right = x > WIDE * 0.6
        return Threshold(
            x, f"threshold {value:.3g}", x - 4 if is_far_right else x + 4, "end" if is_far_right else "start"
        )


def _round_counts(most: int) -> list[int]:
    """Return a few round counts up to the largest."""
    step = next(step * 10**power for power in range(12) for step in (1, 2, 5) if step * 10**power * 5 >= most)
    return list(range(0, most + 1, step)) if most >= step else [0, step]
