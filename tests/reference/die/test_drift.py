"""Scan drift shifts whole rows; registration follows it."""

import cv2
import numpy as np
import pytest

from semscan.reference.die.drift import follow_drift
from semscan.reference.die.register import register
from semscan.values import CleanImage

SHAPE = (260, 240)


def trenches(seed=3):
    """Grey levels of upright and level trenches, 340 x 340 px."""
    rng = np.random.default_rng(seed)
    mask = np.full((340, 340), 0.6, np.float32)
    for row in range(20, 340, 50):
        for col in range(15, 340, 60):
            y, x = int(row + rng.integers(-8, 9)), int(col + rng.integers(-8, 9))
            cv2.line(mask, (x, y), (x, y + 30), 0.2, 12)
            cv2.line(mask, (x, y + 30), (x + 25, y + 30), 0.2, 12)
    return cv2.GaussianBlur(mask, (0, 0), 1.0)


def scanned(shift, seed):
    """The trenches with rows shifted by `shift`, (rows, 1), px, and noise; all judged."""
    rows, cols = np.mgrid[: SHAPE[0], : SHAPE[1]].astype(np.float32)
    values = cv2.remap(trenches(), cols + 40 + shift.astype(np.float32), rows + 40, cv2.INTER_CUBIC)
    values += 0.04 * np.random.default_rng(seed).standard_normal(SHAPE, dtype=np.float32)
    return CleanImage(values, np.ones(SHAPE, bool))


@pytest.mark.parametrize("size", [0.0, 2.0])
def test_rows_that_drift_are_brought_onto_each_other(size):
    shift = size * np.sin(np.linspace(0, 2 * np.pi, SHAPE[0]))[:, None]
    inspected, reference = scanned(np.zeros((SHAPE[0], 1)), 1), scanned(shift, 2)
    warp = follow_drift(inspected, reference, register(inspected, reference))

    cols = np.broadcast_to(np.arange(SHAPE[1], dtype=np.float32), SHAPE)
    there = warp.apply(np.ascontiguousarray(cols), SHAPE)
    error = (there - (cols - shift))[10:-10, 20:-20]
    assert float(np.sqrt((error**2).mean())) < 0.4


def test_a_defect_does_not_move_its_rows():
    still = np.zeros((SHAPE[0], 1))
    inspected, reference = scanned(still, 1), scanned(still, 2)
    inspected.values[120:150, 90:130] = 0.95
    warp = follow_drift(inspected, reference, register(inspected, reference))

    assert warp.flow is not None
    assert float(np.abs(warp.flow).max()) < 0.6
