"""The images that the benchmark of large images writes."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import tifffile

PATH = Path(__file__).parents[2] / "benchmarks" / "large.py"


@pytest.fixture(scope="module")
def large():
    spec = importlib.util.spec_from_file_location("large_benchmark", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_tiles_and_strips_hold_the_same_image_and_a_quarter_is_its_part(large, tmp_path):
    for name, side, layout in (("tiled", 1024, "tiled"), ("striped", 1024, "striped"), ("quarter", 512, "tiled")):
        large.write_image(tmp_path / f"{name}.tif", side, layout, 1024)

    tiled, striped, quarter = (tifffile.imread(tmp_path / f"{name}.tif") for name in ("tiled", "striped", "quarter"))

    assert (tiled == striped).all()
    assert (quarter == tiled[:512, :512]).all()
    with tifffile.TiffFile(tmp_path / "tiled.tif") as tiff:
        assert tiff.is_bigtiff


def test_a_planted_defect_changes_the_lines(large):
    row, col, _, change = large.planted(1024)[0]
    corner = row // large.BLOCK * large.BLOCK, col // large.BLOCK * large.BLOCK

    with_defect = large.block(*corner, large.planted(1024)).astype(int)
    without = large.block(*corner, []).astype(int)

    assert np.sign(with_defect - without)[row - corner[0], col - corner[1]] == np.sign(change)
