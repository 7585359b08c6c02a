"""The golden reference and where things lie in it."""

import numpy as np
import pytest

from semscan.reference.cell.compare import compare_cells
from semscan.reference.cell.golden_image import FINER, golden_reference, make_grid
from semscan.reference.cell.lattice import find_lattice
from semscan.reference.cell.phase_map import measure_phases
from semscan.values import CleanImage


def golden_of(image):
    grid = make_grid(measure_phases(image, find_lattice(image)), np.ones(image.shape, bool), FINER)
    return golden_reference(image, grid)


def test_the_reference_is_the_pattern_without_its_noise(stripes, dots):
    for make in (stripes, dots):
        golden, truth = golden_of(make(24.3, 2.0)), make(24.3, 2.0, noise=0.0)

        assert np.abs(golden - truth).mean() < 0.012
        assert np.corrcoef(golden.ravel(), truth.ravel())[0, 1] > 0.99


def test_a_missing_spot_is_whole_in_the_reference(dots):
    image, whole = dots(25.0), dots(25.0, noise=0.0)
    image[90:111, 90:111] = 0.7
    golden = golden_of(image)

    assert np.abs(golden - whole)[90:111, 90:111].mean() < 0.02


def test_drift_is_followed(dots):
    whole = dots(22.0, shape=(240, 260))
    rows = np.arange(220)[:, None]
    bent = (np.arange(240)[None, :] + 4 * np.sin(rows / 90.0)).astype(int)  # 4 px over the image
    image = whole[rows, bent]
    residual = image - golden_of(image)

    assert residual.std() < 1.35 * 0.05  # little more than the noise itself


def test_a_brighter_side_stays_brighter(stripes):
    image = stripes(20.0) * np.linspace(0.8, 1.2, 200, dtype=np.float32)
    golden = compare_cells(CleanImage(image, np.ones(image.shape, bool))).reference

    for side in (slice(0, 60), slice(-60, None)):
        assert golden[:, side].mean() == pytest.approx(image[:, side].mean(), rel=0.02)


def test_a_position_and_its_place_in_the_layout_agree(dots):
    image = dots(24.0, 3.0)
    phase_map = measure_phases(image, find_lattice(image))
    grid = make_grid(phase_map, np.ones(image.shape, bool), FINER)
    rows = np.broadcast_to(np.arange(200, dtype=np.float32)[:, None], image.shape)
    there_and_back = grid.put(grid.take(np.ascontiguousarray(rows)))

    assert np.abs(there_and_back - rows)[5:-5, 5:-5].max() < 0.2
