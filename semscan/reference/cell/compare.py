"""Cell to cell: compare a periodic image with its own repeats."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from semscan.errors import BadImageError
from semscan.plane import Plane
from semscan.reference.cell.chance_threshold import FALSE_REGIONS, chance_threshold
from semscan.reference.cell.golden_image import FINER, golden_reference, make_grid
from semscan.reference.cell.lattice import NOT_FOUND, Lattice, find_lattice
from semscan.reference.cell.painted_size import painted_size
from semscan.reference.cell.phase_map import measure_phases
from semscan.reference.cell.pieces import Window, pieces_of
from semscan.reference.cell.shading import shading_gain
from semscan.reference.cell.standardise import SCALES, Deviation, largest_of, standardise
from semscan.values import CleanImage
from semscan.values.evidence import Evidence, Judge

STRIP = 64  # px: the lattice of a narrower image is searched in a part of it
STRIP_LENGTH = 1024  # px of that part
EVIDENCE_SCALES = (0, 2, 3)  # of `SCALES`
# How many times above the other one chance and the judge may be; chosen on generated images that were not taught. An
# array has enough repeats for chance, and a judge takes contacts of unusual size for defects: there it only confirms.
CHANCE_ABOVE_JUDGE = 1.3
JUDGE_ABOVE_CHANCE = {"lines": 2.5, "array": 1.0}
MOST_PAINTED = 16  # pieces of an image in which the size is measured that would be seen
BEYOND_DOUBT = 4.0  # times its threshold: chance needs no judge
# the deviations at a fine, a middle and a coarse scale, their multiple of what chance reaches, and the judge's score
COMPARISON_STEPS = ("fine", "middle", "coarse", "chance", "judge")


@dataclass(frozen=True)
class CellComparison:
    """The result of a comparison of an image with its own repeats; all maps have its shape (rows, cols).

    `raw` is float32, 0 or more, in multiples of the value that chance reaches; 0 where not `judged`. `reference` is
    the golden reference, float32, on the grey scale of the image. `smallest_px` is the diameter from which defects of a
    contrast of 0.2 are found nine times in ten; None where no size is, or none was measured. `steps` are the
    `COMPARISON_STEPS` on the way from the image to `raw`, where they were wanted.
    """

    raw: np.ndarray
    judged: np.ndarray
    reference: np.ndarray
    lattice: Lattice
    smallest_px: float | None = None
    steps: Mapping[str, np.ndarray] = field(default_factory=dict)


def find_image_lattice(image: CleanImage) -> Lattice:
    """Find the lattice of the judged part of an image; see `find_lattice`."""
    rows, cols = judged_frame(image.judged)
    if rows.stop - rows.start < 16 or cols.stop - cols.start < 16:
        return Lattice(NOT_FOUND, 0.0)
    rows, cols = _middle_of_strip(rows, cols)
    return find_lattice(without_gaps(image.values[rows, cols], image.judged[rows, cols]))


def _middle_of_strip(rows: slice, cols: slice) -> Window:
    """Return a part of a long strip, which would shrink to nothing in the search, and of other images the whole."""
    if min(rows.stop - rows.start, cols.stop - cols.start) >= STRIP:
        return rows, cols
    starts = (max(part.start, (part.start + part.stop - STRIP_LENGTH) // 2) for part in (rows, cols))
    down, right = (slice(at, min(at + STRIP_LENGTH, part.stop)) for at, part in zip(starts, (rows, cols), strict=True))
    return down, right


def compare_cells(
    image: CleanImage,
    lattice: Lattice | None = None,
    judge: Judge | None = None,
    *,
    keep_steps: bool = False,
    measure_size: bool = False,
) -> CellComparison:
    """Find what does not repeat in a periodic image.

    Parameters
    ----------
    image : CleanImage
    lattice : Lattice, optional
        As `find_image_lattice` found it.
    judge : callable, optional
        Gives raw scores of its own for the evidence; see `semscan.values.evidence`. At the threshold, a defect must
        be seen by chance or the judge, and the other one must come near it; four times the threshold of chance
        is enough alone.
    keep_steps : bool
        Whether to keep `CellComparison.steps`, float32 each, of the image's shape.
    measure_size : bool
        Whether to measure `CellComparison.smallest_px`.

    Raises
    ------
    BadImageError
        If the image is not periodic enough.
    """
    lattice = lattice or find_image_lattice(image)
    if not lattice.found:
        raise BadImageError(f"the image is not periodic enough (confidence {lattice.confidence:.2f})")
    frame = judged_frame(image.judged)
    judged = image.judged[frame]
    values = without_gaps(image.values[frame], judged)
    raw = np.zeros(image.values.shape, np.float32)
    reference = image.values.copy()
    # views of the two in the frame: pieces are written straight into the result
    framed_raw = raw[frame]
    framed_reference = reference[frame]
    steps = {name: np.zeros_like(raw) for name in COMPARISON_STEPS} if keep_steps else {}
    pieces = pieces_of(values.shape, max(lattice.pitch_px))
    refined = lattice
    visible: list[float | None] = []
    every = math.ceil(len(pieces) / MOST_PAINTED)
    for number, piece in enumerate(pieces):
        if not judged[piece.compared].any():
            continue
        found = _compare(values[piece.compared], judged[piece.compared], lattice, FALSE_REGIONS / len(pieces))
        judged_as, agreed = found.raw(judge)
        framed_raw[piece.kept] = agreed[piece.inner]
        if measure_size and number % every == 0:
            visible.append(found.smallest_px(judge))
        planes = (*found.evidence.deviations, found.evidence.chance, judged_as)
        for step, plane in zip(steps.values(), planes, strict=False):
            step[frame][piece.kept] = plane[piece.inner]
        framed_reference[piece.kept] = (found.evidence.reference * found.gain)[piece.inner]
        refined = found.lattice
    # the lattice of a piece is not that of the image, which may be distorted
    refined = refined if len(pieces) == 1 else lattice
    return CellComparison(raw, image.judged, reference, refined, _visible_everywhere(visible), steps)


@dataclass(frozen=True, slots=True)
class ComparedWindow:
    """What `compare_cells` finds in one window of an image; see `CellComparison`."""

    window: Window
    raw: np.ndarray
    reference: np.ndarray


def compare_windows(
    values: Plane, lattice: Lattice, judge: Judge, take: Callable[[ComparedWindow], None]
) -> tuple[Lattice, float | None]:
    """Find what does not repeat in an image of which windows are read, all of it judged; see `compare_cells`.

    Parameters
    ----------
    values : Plane
        float32, black 0 to white 1.
    lattice : Lattice
        One that was found.
    judge : callable
    take : callable
        Is given the result of each window: row by row, from left to right.

    Returns
    -------
    Lattice
        The lattice, refined if there is one window.
    float or None
        `CellComparison.smallest_px`.
    """
    pieces = pieces_of(values.shape, max(lattice.pitch_px))
    refined = lattice
    visible: list[float | None] = []
    every = math.ceil(len(pieces) / MOST_PAINTED)
    for number, piece in enumerate(pieces):
        part = values[piece.compared]
        found = _compare(part, np.ones(part.shape, bool), lattice, FALSE_REGIONS / len(pieces))
        if number % every == 0:
            visible.append(found.smallest_px(judge))
        refined = found.lattice
        raw = found.raw(judge)[1][piece.inner]
        reference = (found.evidence.reference * found.gain)[piece.inner]
        del found  # its maps take more memory than all that is kept
        take(ComparedWindow(piece.kept, raw, reference))
    return refined if len(pieces) == 1 else lattice, _visible_everywhere(visible)


def _visible_everywhere(sizes: Sequence[float | None]) -> float | None:
    """Return the largest of the sizes from which defects are seen in each piece; None if one piece has none."""
    known = [size for size in sizes if size is not None]
    return max(known) if known and len(known) == len(sizes) else None


def _agreed(chance: np.ndarray, judged: np.ndarray, judge_above: float) -> np.ndarray:
    """Return the larger of two raw scores, but not more than the other one allows; `judge_above` times, the judge's.

    A region above chance is kept whole if the judge comes near the threshold anywhere in it, or chance is beyond doubt
    there: so a streak does not fall to pieces.
    """
    allowed = np.maximum(np.float32(CHANCE_ABOVE_JUDGE) * judged, chance / np.float32(BEYOND_DOUBT))
    count, numbers = cv2.connectedComponents((chance > 1).astype(np.uint8), connectivity=8)
    kept = np.zeros(count, bool)
    kept[numbers[allowed >= 1]] = True
    kept[0] = False
    by_chance = np.where(kept[numbers], chance, np.minimum(chance, allowed))
    return np.maximum(by_chance, np.minimum(judged, np.float32(judge_above) * chance))


@dataclass(frozen=True, slots=True)
class _Compared:
    """One piece compared: its evidence without shading, the `gain` of the shading, float32, and the lattice refined."""

    evidence: Evidence
    gain: np.ndarray
    lattice: Lattice
    deviations: Sequence[Deviation]
    thresholds: Sequence[float]

    def raw(self, judge: Judge | None) -> tuple[np.ndarray, np.ndarray]:
        """Return what the judge gives, and what it and chance agree on."""
        return _scored(self.evidence, judge, self.lattice)

    def smallest_px(self, judge: Judge | None) -> float | None:
        """Return the diameter from which painted defects are found nine times in ten."""

        def score(evidence: Evidence) -> np.ndarray:
            return _scored(evidence, judge, self.lattice)[1]

        return painted_size(self.evidence, self.deviations, self.thresholds, score, EVIDENCE_SCALES)


def _scored(evidence: Evidence, judge: Judge | None, lattice: Lattice) -> tuple[np.ndarray, np.ndarray]:
    judged_as = evidence.chance if judge is None else judge(evidence)
    above = JUDGE_ABOVE_CHANCE["lines" if len(lattice.vectors) == 1 else "array"]
    return judged_as, _agreed(evidence.chance, judged_as, above)


def _compare(values: np.ndarray, judged: np.ndarray, lattice: Lattice, false_regions: float) -> _Compared:
    """Compare one piece with its own repeats."""
    gain = shading_gain(values)
    values = values / gain  # at a border the cells around all lie on one side, where the shading differs
    phase_map = measure_phases(values, lattice)
    golden = golden_reference(values, make_grid(phase_map, judged, FINER))
    image_deviation = float(values[judged].std()) if judged.any() else 1.0
    deviations = standardise(values - golden, phase_map, judged, SCALES, image_deviation=image_deviation)
    thresholds = [chance_threshold(np.abs(one.values), judged, one.scale, false_regions) for one in deviations]
    chance = largest_of([one.values for one in deviations], thresholds, judged)
    fine, middle, coarse = (deviations[number].values for number in EVIDENCE_SCALES)
    pitch = min(phase_map.lattice.pitch_px)
    evidence = Evidence(values, golden, (fine, middle, coarse), chance, judged, pitch)
    return _Compared(evidence, gain, phase_map.lattice, deviations, thresholds)


def judged_frame(judged: np.ndarray) -> tuple[slice, slice]:
    """Return the smallest window that holds all judged pixels."""
    rows = np.flatnonzero(judged.any(axis=1))
    cols = np.flatnonzero(judged.any(axis=0))
    if not len(rows):
        return slice(0, 0), slice(0, 0)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(cols[0]), int(cols[-1]) + 1)


def without_gaps(values: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """Replace the values of pixels that are not judged by the median of the others."""
    return values if judged.all() else np.where(judged, values, np.float32(np.median(values[judged])))
