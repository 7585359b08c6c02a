"""The lattice position of every pixel of an image, for what is measured on the pattern."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from semscan.reference.cell.compare import find_image_lattice, judged_frame, without_gaps
from semscan.reference.cell.lattice import Lattice
from semscan.reference.cell.phase_map import measure_phases
from semscan.reference.cell.shading import shading_beside, shading_gain
from semscan.values import CleanImage

PHASES_PER_PX = 2  # bins of the mean repeat; with two steps, one a px
MOST_BINS = 64
ROUNDS = 10  # the mean repeat of a shaded image is nearly that of the image without, the less so the fewer repeats


@dataclass(frozen=True, slots=True)
class PlacedImage:
    """The judged part of a periodic image, and where each of its pixels lies in the lattice.

    `values` is float32, (rows, cols), without shading; `judged` bool. `positions` is float32, (rows, cols, 2), in
    steps of the `lattice`, which is refined; for lines the second is px along them. `corner` is the (row, col) of the
    part in the image.
    """

    values: np.ndarray
    judged: np.ndarray
    positions: np.ndarray
    lattice: Lattice
    corner: tuple[int, int]


def place_in_lattice(image: CleanImage) -> PlacedImage | Lattice:
    """Find the lattice position of every pixel; the lattice alone, which is then not `found`, if nothing repeats."""
    lattice = find_image_lattice(image)
    if not lattice.found:
        return lattice
    frame = judged_frame(image.judged)
    judged = image.judged[frame]
    values = without_gaps(image.values[frame], judged)
    values = values / shading_gain(values)
    phases = measure_phases(values, lattice)
    positions = phases.positions()
    values = _without_shading(without_gaps(image.values[frame], judged), judged, positions, phases.lattice)
    corner = int(frame[0].start), int(frame[1].start)
    return PlacedImage(values, judged, positions, phases.lattice, corner)


def _without_shading(values: np.ndarray, judged: np.ndarray, positions: np.ndarray, lattice: Lattice) -> np.ndarray:
    """Divide an image by its shading: what is left of it beside the mean repeat at each position."""
    steps = len(lattice.vectors)
    bins = [int(np.clip(round(PHASES_PER_PX * pitch / steps), 8, MOST_BINS)) for pitch in lattice.pitch_px]
    number = np.zeros(values.shape, np.int64)
    for axis, count in enumerate(bins):
        number = number * count + np.minimum((positions[..., axis] % 1 * count).astype(np.int64), count - 1)
    flat = values
    for _ in range(ROUNDS):
        shown = np.bincount(number[judged], minlength=int(np.prod(bins)))
        mean = np.bincount(number[judged], flat[judged], minlength=len(shown)) / np.maximum(shown, 1)
        flat = values / shading_beside(values, mean.astype(np.float32)[number], judged)
    return flat
