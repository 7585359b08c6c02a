"""The images of known truth in benchmarks/dimensions.py."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "dimensions.py"


@pytest.fixture(scope="module")
def dimensions():
    spec = importlib.util.spec_from_file_location("dimensions", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_without_a_rim_the_level_of_a_half_is_the_edge(dimensions, monkeypatch):
    monkeypatch.setattr(dimensions, "RIM", 0.0)

    assert dimensions.width_by_rule("plain lines") == pytest.approx(14.0, abs=0.02)
    assert dimensions.width_by_rule("plain holes") == pytest.approx(16.0, abs=0.02)


def test_with_a_rim_bright_lines_are_wider_and_dark_holes_smaller(dimensions):
    assert dimensions.width_by_rule("plain lines") - 14 == pytest.approx(16 - dimensions.width_by_rule("plain holes"))
    assert dimensions.width_by_rule("synth lines") > 14.3


def test_the_autocorrelation_of_stripes_has_their_pitch(dimensions):
    stripes = np.tile(np.sin(2 * np.pi * np.arange(300) / 25.4), (8, 1))

    assert dimensions.correlated_pitch(stripes, False) == pytest.approx(25.4, abs=0.1)
    assert dimensions.correlated_pitch(stripes.T, True) == pytest.approx(25.4, abs=0.1)
