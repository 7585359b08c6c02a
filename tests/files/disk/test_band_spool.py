"""Windows put together to bands of rows."""

from itertools import pairwise

import numpy as np
import pytest

from semscan.files.disk.band_spool import ROWS, BandSpool


@pytest.mark.parametrize("cuts", [[0, 50], [0, 20, 21, 50]])
def test_bands_come_in_order_and_are_the_image(cuts, tmp_path):
    image = np.random.default_rng(0).random((2 * ROWS + 40, 50), np.float32)
    bands = []
    rows = [0, ROWS + 9, len(image)]
    with BandSpool(50, np.float32, bands.append, tmp_path) as spool:
        for top, bottom in pairwise(rows):
            for left, right in pairwise(cuts):
                spool.put(slice(top, bottom), slice(left, right), image[top:bottom, left:right])

    assert (np.concatenate(bands) == image).all()
    assert max(len(band) for band in bands) <= ROWS
    assert not list(tmp_path.iterdir())
