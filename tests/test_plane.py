"""Planes: windows of what is not held as a whole."""

import numpy as np

from semscan.plane import JudgedRows, TopRows


def test_the_first_rows_of_a_plane_end_where_they_end():
    image = np.arange(60).reshape(10, 6)
    top = TopRows(image, 7)

    assert top.shape == (7, 6)
    assert (top[5:99, 2:4] == image[5:7, 2:4]).all()
    assert (top[:, :] == image[:7]).all()


def test_rows_of_a_data_bar_are_not_judged():
    judged = JudgedRows((10, 6), 7)

    assert (judged[5:9, 1:3] == np.array([[True] * 2, [True] * 2, [False] * 2, [False] * 2])).all()
    assert judged.mean() == 0.7
