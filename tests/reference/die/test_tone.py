"""Grey levels of the reference brought to those of the image."""

import cv2
import numpy as np

from semscan.reference.die.tone import match_by_rank


def test_a_two_level_image_that_is_mostly_dark_keeps_both_levels():
    rng = np.random.default_rng(0)
    theirs = np.zeros((160, 160), np.float32)
    for row, col in rng.integers(0, 150, (10, 2)):
        theirs[row : row + 11, col : col + 11] = 1
    ours = cv2.erode(np.roll(theirs, (1, 2), (0, 1)), np.ones((2, 1)))  # moved, and a little smaller
    matched = match_by_rank(ours, theirs, np.ones(ours.shape, bool))

    assert float(matched[theirs > 0].mean()) > 0.8
    assert abs(float(matched[theirs == 0].mean())) < 0.1
