"""Which images of a lot show the same place."""

import numpy as np

from semscan.reference.lot.same_place import same_place
from semscan.values import CleanImage


def test_an_image_of_another_place_is_not_in_the_group(die):
    images = [die((20 + 6 * n, 40 - 5 * n), n) for n in range(5)]
    images[2] = die((20, 40), 2, place=7)

    assert sorted(same_place(images)) == [0, 1, 3, 4]


def test_the_first_image_may_be_the_one_of_another_place(die):
    images = [die((20, 40), 0, place=7), *(die((20 + 6 * n, 40), n) for n in range(1, 5))]
    group = same_place(images)

    assert list(group) == [1, 2, 3, 4]
    assert np.array_equal(group[1].matrix, np.eye(2, 3))


def test_the_warps_lead_from_the_first_image_of_the_group_to_each(die):
    corners = [(30, 30), (18, 41), (37, 22)]
    group = same_place([die(corner, n) for n, corner in enumerate(corners)])

    for number, (row, col) in enumerate(corners):
        x, y = group[number].matrix @ [70, 75, 1]
        assert np.hypot(x - (70 + 30 - col), y - (75 + 30 - row)) < 0.5


def test_of_two_places_the_larger_group_wins(die):
    images = [die((20, 40), n, place=7 if n in (0, 3) else 1) for n in range(5)]

    assert sorted(same_place(images)) == [1, 2, 4]


def test_blank_images_are_in_no_group(die):
    blank = CleanImage(np.full((150, 140), 0.5, np.float32), np.ones((150, 140), bool))

    assert sorted(same_place([blank, *(die((20, 40 + n), n) for n in range(3))])) == [1, 2, 3]


def test_no_images_have_no_group():
    assert same_place([]) == {}
