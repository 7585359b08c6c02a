"""Find and refine the repeats of a large image in windows at its full resolution.

A large image made smaller loses a fine pattern, or shows another one in its place (aliasing). A window of it does not.
The phases of the lattice waves, compared between windows farther and farther apart, then give steps that hold across
the whole image.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

import numpy as np

WINDOW = 1024  # px: side of a window in which repeats are searched
PLACES = ((1, 1), (0, 0), (0, 2), (2, 0), (2, 2), (0, 1), (1, 0), (1, 2), (2, 1))  # of three by three, middle first
SURE = 0.6  # confidence from which no further window is searched
PATCH = 512  # px: side of a window in which a phase is measured, at most half of that of the image
FAINT = 0.3  # of the amplitude in the first patch: a phase is not compared with that of a fainter wave
# combinations of the waves whose phase may be the clearest
LINE_ORDERS = ((1,), (2,), (3,))
ARRAY_ORDERS = tuple((i, j) for i in range(5) for j in range(-4, 5) if i or j > 0)

ReadWindow = Callable[[slice, slice], np.ndarray]


class Found(Protocol):
    """What a search returns; see `semscan.reference.cell.lattice.Lattice`."""

    @property
    def confidence(self) -> float:
        """Share of the variance that repeats, 0 to 1."""


Answer = TypeVar("Answer", bound=Found)


def best_window(
    shape: tuple[int, int], read: ReadWindow, search: Callable[[np.ndarray], Answer]
) -> tuple[Answer, tuple[slice, slice]]:
    """Search the repeats in windows spread over an image; return the most confident answer and its window.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the image.
    read : callable
        ``read(rows, cols)`` returns a window of it, float32.
    search : callable
        Finds the repeats of a window.
    """
    best: tuple[Answer, tuple[slice, slice]] | None = None
    for window in _windows(shape):
        found = search(read(*window))
        if best is None or found.confidence > best[0].confidence:
            best = found, window
        if found.confidence >= SURE:
            break
    assert best is not None  # there is always a window in the middle
    return best


def _windows(shape: tuple[int, int]) -> Iterator[tuple[slice, slice]]:
    """Yield windows of at most `WINDOW` px, the one in the middle first, each once."""
    seen = set()
    for place in PLACES:
        starts = tuple(round(at / 2 * max(0, side - WINDOW)) for at, side in zip(place, shape, strict=True))
        if starts not in seen:
            seen.add(starts)
            yield slice(starts[0], starts[0] + WINDOW), slice(starts[1], starts[1] + WINDOW)


def refine_waves(
    waves: np.ndarray, shape: tuple[int, int], read: ReadWindow, window: tuple[slice, slice]
) -> np.ndarray:
    """Refine the waves of a lattice by their phases in patches ever farther apart.

    Parameters
    ----------
    waves : ndarray of float64, shape (1 or 2, 2)
        (row, col) in cycles per px, as `Lattice.waves`, to about a quarter of a cycle in half a `PATCH`.
    shape : (int, int)
        Rows and columns of the image.
    read : callable
        As for `best_window`.
    window : (slice, slice)
        Where the waves were found: the first patch lies in its middle.

    Returns
    -------
    ndarray of float64, shape of `waves`
    """
    sides = [min(PATCH, side // 2) for side in shape]
    middles = [(span.start + min(span.stop, side)) // 2 for span, side in zip(window, shape, strict=True)]
    first = [min(max(0, at - n // 2), side - n) for at, n, side in zip(middles, sides, shape, strict=True)]

    def patch(row: int, col: int) -> np.ndarray:
        return read(slice(row, row + sides[0]), slice(col, col + sides[1]))

    start = patch(first[0], first[1])
    orders = _strongest_orders(start, waves)
    refined = orders @ waves
    anchors = np.array([_amplitude(start, wave, first) for wave in refined])
    for axis in (0, 1):
        for distance in _distances(first[axis], shape[axis] - sides[axis], sides[axis]):
            place = list(first)
            place[axis] += distance
            there = patch(place[0], place[1])
            for number, wave in enumerate(refined):
                reached = _amplitude(there, wave, place)
                if abs(reached) < FAINT * abs(anchors[number]):
                    continue
                # the phase that is left grows by the error of the wave, times the distance
                anchor = _amplitude(start, wave, first)
                wave[axis] += np.angle(reached / anchor) / (2 * np.pi * distance)
    return np.linalg.solve(orders, refined)


def _distances(first: int, last: int, side: int) -> list[int]:
    """Return distances, each at most twice the one before, of patches within 0 to `last`; the longer way."""
    sign = 1 if last - first >= first else -1
    longest = max(last - first, first)
    distances = []
    distance = min(side // 2, longest)
    while 0 < distance < longest:
        distances.append(sign * distance)
        distance *= 2
    return [*distances, sign * longest] if longest else []


def _strongest_orders(values: np.ndarray, waves: np.ndarray) -> np.ndarray:
    """Return the whole-number combinations of the waves, as many as waves, that are strongest in a patch."""
    tried = LINE_ORDERS if len(waves) == 1 else ARRAY_ORDERS
    first, *rest = sorted(tried, key=lambda order: -abs(_amplitude(values, np.array(order) @ waves, [0, 0])))
    if len(waves) == 1:
        return np.array([first], np.float64)
    # the next one that points elsewhere
    second = next(order for order in rest if first[0] * order[1] != first[1] * order[0])
    return np.array([first, second], np.float64)


def _amplitude(values: np.ndarray, wave: np.ndarray, place: list[int]) -> complex:
    """Return the complex amplitude of a wave in a patch whose first pixel lies at `place` in the image."""
    parts = [np.exp(-2j * np.pi * wave[axis] * (np.arange(n) + place[axis])) for axis, n in enumerate(values.shape)]
    down, right = (part * np.hanning(len(part)) for part in parts)
    # without the mean, whose spectrum would leak into the wave
    return complex(down @ (values - values.mean()).astype(np.complex128) @ right)
