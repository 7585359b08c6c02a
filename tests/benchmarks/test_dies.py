"""The lots of benchmarks/dies.py have their defects where they say."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def dies():
    """The module, which imports its neighbour."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        spec = importlib.util.spec_from_file_location("dies", BENCHMARKS / "dies.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(BENCHMARKS))
    return module


@pytest.mark.parametrize("kind", ["particle", "spot", "filled", "hole"])
def test_a_die_differs_from_itself_without_a_defect_where_the_defect_is(dies, kind, monkeypatch):
    monkeypatch.setattr(dies, "noise_at", lambda signal: 0 * signal)
    lot = dies.WiringLot(np.random.default_rng(0))
    lot._jitter = np.float32(0)
    rng = np.random.default_rng(1)
    state = rng.bit_generator.state
    image, truth = lot.die(kind, rng)
    rows, cols = np.nonzero(truth)

    assert truth.any()
    assert 40 < rows.mean() < lot.shape[0] - 40
    assert 40 < cols.mean() < lot.shape[1] - 40
    rng.bit_generator.state = state
    clean, none = lot.die(None, rng)
    assert not none.any()
    assert np.abs(image - clean)[truth].mean() > 5 * np.abs(image - clean)[~truth].mean()


def test_dies_cut_from_an_image_are_shifted_within_it(dies):
    values = np.add.outer(np.arange(500.0), 1000 * np.arange(460.0)).astype(np.float32)
    lot = dies.CutLot(values, (420, 380), 0.0, np.random.default_rng(2))
    image, _ = lot.die(None, np.random.default_rng(3))

    assert image.shape == (420, 380)
    assert image.min() >= 0
    assert image.max() <= values.max()


def test_a_faint_defect_rises_above_the_noise_by_its_contrast(dies, monkeypatch):
    monkeypatch.setattr(dies, "noise_at", lambda signal: 0 * signal + 0.05)
    lot = dies.WiringLot(np.random.default_rng(0), tuple(dies.FAINT))
    rng = np.random.default_rng(1)
    state = rng.bit_generator.state
    faint, truth = lot.die("faint 4", rng)
    rng.bit_generator.state = state
    monkeypatch.setitem(dies.FAINT, "faint 4", 0.0)
    clean, _ = lot.die("faint 4", rng)

    assert 12 < truth.sum() < 30  # a disc of 5 px has 20
    assert np.abs(faint - clean)[truth].max() == pytest.approx(4 * 0.05, rel=0.02)
