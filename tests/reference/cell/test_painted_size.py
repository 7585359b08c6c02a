"""The size that would be seen in a periodic image, against discs of that size painted into the image itself."""

from __future__ import annotations

import numpy as np
import pytest

from semscan.reference.cell.compare import compare_cells
from semscan.reference.cell.painted_size import SIZES, painted_size
from semscan.reference.cell.standardise import SCALES, Deviation, largest_of
from semscan.values import CleanImage
from semscan.values.evidence import Evidence

SHAPE = (256, 256)
WHOLE = np.ones(SHAPE, bool)
USED = (0, 2, 3)


def lines(seed, noise=0.05):
    columns = 0.5 + 0.2 * np.sin(2 * np.pi * np.arange(SHAPE[1]) / 24)
    return (columns + np.random.default_rng(seed).normal(0, noise, SHAPE)).astype(np.float32)


def with_disc(values, place, diameter, contrast=0.2):
    down, right = np.mgrid[: SHAPE[0], : SHAPE[1]]
    return values + np.float32(contrast) * (np.hypot(down - place[0], right - place[1]) < diameter / 2)


@pytest.mark.parametrize(("times", "least", "most"), [(1.2, 0.75, 1.0), (0.4, 0.0, 0.5)])
def test_discs_of_the_stated_size_are_found_in_lines_and_much_smaller_ones_are_not(times, least, most):
    rng = np.random.default_rng(0)
    hits = 0
    for seed in range(8):
        values = lines(seed)
        size = compare_cells(CleanImage(values, WHOLE), measure_size=True).smallest_px
        row, col = (int(n) for n in rng.integers(30, 226, 2))
        raw = compare_cells(CleanImage(with_disc(values, (row, col), times * size), WHOLE)).raw
        hits += raw[row - 3 : row + 4, col - 3 : col + 4].max() > 1

    assert least <= hits / 8 <= most


def flat(noise, judged=WHOLE):
    """An even image without residuals, in which the usual deviation is that of white noise after smoothing."""
    zero = np.zeros(SHAPE, np.float32)
    deviations = [
        Deviation(scale, zero, np.full(SHAPE, noise / (2 * np.sqrt(np.pi) * scale), np.float32)) for scale in SCALES
    ]
    image = np.full(SHAPE, 0.5, np.float32)
    return Evidence(image, image, (zero, zero, zero), zero, judged), deviations


def size_of(noise, score, judged=WHOLE):
    return painted_size(*flat(noise, judged), [5.0] * len(SCALES), score, USED)


def by_chance(evidence):
    return evidence.chance


def test_more_noise_hides_larger_discs_and_a_lot_of_it_all():
    calm, noisy = size_of(0.02, by_chance), size_of(0.2, by_chance)

    assert SIZES[0] <= calm < 5 < noisy < SIZES[-1]
    assert size_of(50.0, by_chance) is None


def test_what_a_judge_refuses_is_not_seen():
    """The judge takes only what the coarse scale shows for a defect."""

    def strict(evidence):
        coarse = np.abs(evidence.deviations[2]) / 50
        return np.minimum(evidence.chance, coarse)

    assert size_of(0.05, strict) > 1.5 * size_of(0.05, by_chance)


def test_nothing_is_painted_where_nothing_is_judged():
    judged = np.zeros(SHAPE, bool)
    judged[100:104] = True  # a strip in which no disc but the smallest has room

    assert size_of(0.02, by_chance, np.zeros(SHAPE, bool)) is None
    assert size_of(0.02, by_chance, judged) in (None, SIZES[0])


def test_the_largest_scale_in_its_own_threshold_counts():
    values = [np.full((9, 9), 4.0, np.float32), np.full((9, 9), -9.0, np.float32)]
    judged = np.ones((9, 9), bool)
    judged[0] = False

    largest = largest_of(values, [2.0, 3.0], judged)

    assert (largest[1:] == 3.0).all()
    assert (largest[0] == 0).all()
