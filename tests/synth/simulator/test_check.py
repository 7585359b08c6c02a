from dataclasses import replace

import pytest

from semscan.errors import UsageFault
from semscan.settings import SynthSettings
from semscan.synth.simulator.check import check_kinds, check_settings
from semscan.synth.simulator.image import make_image


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"cd": 30.0}, "--cd 30 does not fit --pitch 28; take 3 to 25 px"),
        ({"cd": 1.0}, "--cd 1 does not fit"),
        ({"cd": float("nan")}, "--cd nan does not fit"),
        ({"rows": 20}, "--size 20x256 is too small; take at least 48"),
        ({"rows": 100_000, "cols": 100_000}, "is too large"),
        ({"pitch": 200.0}, "--pitch 200 leaves too few repeats in 256x256 px; take at most 102.4"),
        ({"pitch": 2.0}, "--pitch 2 is out of range"),
        ({"pitch": float("inf")}, "--pitch inf is out of range"),
        ({"dose": 0.0}, "--dose 0 is out of range"),
        ({"roughness": 4.0}, "--roughness 4 would make edges 14 px apart touch; take at most 2.33"),
        ({"row_noise": -1.0}, "--row-noise -1 is out of range; take 0 to 0.5"),
        ({"bits": 12}, "--bits 12 is not possible; take 8 or 16"),
        ({"pattern": "dots"}, "unknown pattern 'dots'; take one of lines, contacts"),
        ({"lattice": "round"}, "unknown lattice 'round'"),
        ({"seed": -1}, "--seed -1 is out of range"),
    ],
)
def test_recipe_that_cannot_be_made_is_refused_in_one_line(wrong, message):
    with pytest.raises(UsageFault) as refused:
        check_settings(replace(SynthSettings(), **wrong))

    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_default_recipe_is_accepted():
    check_settings(SynthSettings())
    check_settings(SynthSettings(pattern="contacts"))


def test_unknown_defect_is_answered_with_the_nearest_name():
    with pytest.raises(UsageFault, match=r"no defect 'brige' for lines.*did you mean bridge\?"):
        check_kinds("lines", ["brige"])


def test_defect_of_another_pattern_is_refused():
    with pytest.raises(UsageFault, match="no defect 'missing' for lines"):
        make_image(SynthSettings(), ["missing"])


def test_defect_without_room_is_refused():
    with pytest.raises(UsageFault, match="no room for a visible scratch in 48x48 px"):
        make_image(SynthSettings(rows=48, cols=48, pitch=16, visible=0.2, dose=10), ["scratch"] * 9)
