"""Images at another magnification."""

import numpy as np
import pytest

from semscan.image.resize import fit_within, zoom_between, zoomed


def test_a_disc_keeps_its_size_in_nanometres():
    row, col = np.mgrid[:100, :100]
    disc = (np.hypot(row - 50, col - 50) < 20).astype(np.float32)

    larger, smaller = zoomed(disc, zoom_between(3.0, 2.0)), zoomed(disc, zoom_between(1.0, 2.0))

    assert larger.shape == (150, 150)
    assert smaller.shape == (50, 50)
    assert (larger > 0.5).sum() * 2.0**2 == pytest.approx((disc > 0.5).sum() * 3.0**2, rel=0.02)
    assert (smaller > 0.5).sum() * 2.0**2 == pytest.approx((disc > 0.5).sum() * 1.0**2, rel=0.05)


def test_the_same_scale_gives_the_very_same_array():
    values = np.zeros((4, 4), np.float32)

    assert zoomed(values, zoom_between(2.0, 2.03)) is values
    assert zoomed(values, zoom_between(None, 2.0)) is values


@pytest.mark.parametrize(
    ("shape", "largest", "wanted"),
    [
        ((100, 60), None, (50, 30)),
        ((100, 60), 200, (50, 30)),
        ((100, 60), 40, (100, 60)),
        ((200, 100), 100, (100, 50)),
        ((40, 30), 200, (40, 30)),
    ],
)
def test_a_larger_image_than_any_is_shrunk_as_the_largest_is(shape, largest, wanted):
    assert fit_within(np.zeros(shape, np.float32), 50, largest).shape == wanted
