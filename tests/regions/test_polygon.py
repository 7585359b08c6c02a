"""Drawn polygons as pixels."""

import numpy as np
import pytest

from semscan.regions.polygon import polygon_pixels
from semscan.values import Box


def painted(corners, shape=(8, 8)):
    box, inside = polygon_pixels(corners, shape)
    mask = np.zeros(shape, int)
    mask[box.top : box.bottom, box.left : box.right] = inside
    return mask


def test_a_rectangle_holds_the_pixels_between_its_corners():
    mask = painted([(2, 1), (6, 1), (6, 4), (2, 4)])

    assert mask.sum() == 12
    assert mask[1:4, 2:6].all()


def test_a_triangle_holds_the_pixels_whose_centre_is_inside():
    mask = painted([(0, 0), (4, 0), (0, 4)])

    assert mask[:4, :4].tolist() == [[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]


def test_a_concave_polygon_leaves_its_notch_free():
    mask = painted([(0, 0), (8, 0), (8, 8), (4, 2), (0, 8)])

    assert mask[7, 4] == 0
    assert mask[0].all()
    assert mask[5, 0] == mask[5, 7] == 1


def test_what_lies_outside_is_cut_off():
    box, inside = polygon_pixels([(-1e9, -5), (3, -5), (3, 2), (-1e9, 2)], (8, 8))

    assert box == Box(0, 0, 2, 3)
    assert inside.all()
    assert polygon_pixels([(20, 20), (30, 20), (30, 30)], (8, 8)) is None


@pytest.mark.parametrize("corners", [[(2.2, 3.2), (2.3, 3.3), (2.2, 3.4)], [(2.1, 3.1)] * 3])
def test_a_polygon_too_thin_for_any_centre_is_one_pixel(corners):
    assert polygon_pixels(corners, (8, 8))[0] == Box(3, 2, 4, 3)
