"""What is a defect, what is hit, what is false."""

import numpy as np
import pytest

from semscan.scores.defects import count_false, detected_regions, near_defects, true_defects
from semscan.values import Box


def patch(*boxes, shape=(40, 40)):
    mask = np.zeros(shape, bool)
    for top, left, bottom, right in boxes:
        mask[top:bottom, left:right] = True
    return mask


def test_a_defect_of_three_pixels_does_not_count():
    truth = patch((2, 2, 3, 5), (10, 10, 12, 12))
    anomaly_map = np.where(truth, 0.7, 0.1).astype(np.float32)
    defects, shares = true_defects(truth, anomaly_map)

    assert [(defect.box, defect.area) for defect in defects] == [(Box(10, 10, 12, 12), 4)]
    assert defects[0].peak == pytest.approx(0.7)
    assert shares.tolist() == [0, 0, 0, 0.25, 0.25, 0.25, 0.25]


def test_pixels_that_touch_at_a_corner_are_one_defect():
    defects, _ = true_defects(patch((2, 2, 4, 4), (4, 4, 6, 6)), np.zeros((40, 40), np.float32))

    assert [defect.area for defect in defects] == [8]


def test_a_region_within_five_pixels_of_a_defect_is_not_false():
    near = near_defects(patch((10, 10, 14, 14)))

    assert count_false(patch((18, 10, 20, 14)), near) == 0
    assert count_false(patch((19, 10, 21, 14)), near) == 1


def test_a_region_is_false_if_less_than_a_tenth_of_it_is_near():
    near = near_defects(patch((10, 0, 14, 4)))

    assert count_false(patch((12, 7, 13, 27)), near) == 0  # 2 of 20 pixels
    assert count_false(patch((12, 7, 13, 28)), near) == 1  # 2 of 21


def test_false_regions_are_described_and_others_counted():
    anomaly_map = np.where(patch((10, 10, 14, 14)), 0.6, 0).astype(np.float32)
    anomaly_map[30:32, 30:33] = 0.8
    anomaly_map[0:1, 0:3] = 0.9  # too small
    found = detected_regions(anomaly_map, 0.5, near_defects(patch((10, 10, 14, 14))))

    assert found.count == 2
    (false,) = found.false_regions
    assert (false.box, false.area, round(false.peak, 2)) == (Box(30, 30, 32, 33), 6, 0.8)


def test_an_image_without_defects_has_no_near_pixels():
    assert near_defects(np.zeros((9, 9), bool)).size == 0
    assert true_defects(np.zeros((9, 9), bool), np.zeros((9, 9), np.float32))[0] == []
