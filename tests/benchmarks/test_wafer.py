"""The wafers that the benchmark of wafers makes."""

import importlib.util
import math
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from semscan.files.klarf.read import read_klarf

PATH = Path(__file__).parents[2] / "benchmarks" / "wafer.py"


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("wafer_benchmark", PATH)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclass looks there
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_a_scratch_crosses_three_neighbouring_dies_on_one_line(bench):
    scratch = [defect for defect in bench.planned(np.random.default_rng(1)) if defect.kind == "scratch"]
    places = [(each.die[0] * bench.PITCH[0] + each.x_um, each.die[1] * bench.PITCH[1] + each.y_um) for each in scratch]
    angles = [math.degrees(math.atan2(b[1] - a[1], b[0] - a[0])) for a, b in pairwise(places)]

    assert len({each.die for each in scratch}) == 3
    assert angles == pytest.approx([bench.TILT] * 2)


def test_the_image_shows_the_defect_where_it_is_said_to_be(bench):
    _, (x, y) = bench.image_of("bridge", 5, 5, (12, -9))

    assert abs(x - (bench.SIDE / 2 + 12)) < 20  # a bridge lies between the nearest lines
    assert abs(y - (bench.SIDE / 2 - 9)) < 4


def test_its_file_lists_every_defect_with_an_image(bench, tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "image_of", lambda *given: (np.zeros((8, 8), np.uint8), (4.0, 4.0)))
    bench.write_wafer(tmp_path, "W01", 3)
    file = read_klarf(tmp_path / "W01.001")

    assert len(file.defects) == 46
    assert [defect.images[0].page for defect in file.defects] == list(range(46))
