"""Names of defects on lines that follow from their extent."""

import math

import pytest

from semscan.pipeline.classes.on_lines import name_by_extent
from semscan.values import Box, Extent

PITCH = 20.0


def extent(length, width, angle):
    return Extent(Box(0, 0, 9, 9), int(length * width * 0.8), (5.0, 5.0), length, width, angle)


def lines_at(angle):
    """Return the step, (row, col), of lines that run at an angle from x towards y."""
    across = math.radians(angle + 90)
    return PITCH * math.sin(across), PITCH * math.cos(across)


@pytest.mark.parametrize("lines", [0, 30, 90, -60])
@pytest.mark.parametrize("between", [20, 45, -70])
def test_a_narrow_defect_oblique_to_the_lines_is_a_scratch(lines, between):
    angle = (lines + between + 90) % 180 - 90

    assert name_by_extent("residue", 0.7, extent(60, 15, angle), lines_at(lines)) == ("scratch", 0.7)


@pytest.mark.parametrize(
    ("length", "width", "angle"),
    [
        (60, 15, 5),  # along the lines
        (60, 15, 88),  # across them
        (35, 10, 45),  # short
        (60, 30, 45),  # wide
        (45, 20, 45),  # stout
        (60, 15, None),
    ],
)
def test_other_shapes_keep_their_name(length, width, angle):
    assert name_by_extent("bridge", 0.7, extent(length, width, angle), lines_at(0)) == ("bridge", 0.7)


def test_without_an_extent_the_pixels_decide():
    assert name_by_extent("bridge", 0.7, None, lines_at(0)) == ("bridge", 0.7)
