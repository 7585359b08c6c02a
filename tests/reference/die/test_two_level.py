import cv2
import numpy as np
import pytest

from semscan.reference.die.compare import compare_pair
from semscan.reference.die.two_level import compare_outlines, two_levels
from semscan.values import CleanImage

WHOLE = np.ones((120, 160), bool)


def board(widened=0):
    """Two tracks with a pad between them, of two grey levels; uint8."""
    grey = np.full(WHOLE.shape, 20, np.uint8)
    grey[20 - widened : 30 + widened] = 220
    grey[80 - widened : 96 + widened] = 220
    cv2.circle(grey, (70, 55), 10 + widened, 220, -1)
    return grey


def levels(grey):
    found = two_levels(grey.astype(np.float32) / 255, WHOLE)
    assert found is not None
    return found


def differing(inspected, reference):
    """Return the depth of the differences and the depth that good images reach."""
    found = compare_outlines(levels(inspected), levels(reference), WHOLE)
    return found.depth, found.most


def test_noise_a_slope_and_one_level_are_not_two_levels():
    noisy = board() / 255 + 0.15 * np.random.default_rng(0).standard_normal(WHOLE.shape)
    slope = np.tile(np.linspace(0, 1, WHOLE.shape[1]), (WHOLE.shape[0], 1))

    assert two_levels(noisy.astype(np.float32), WHOLE) is None
    assert two_levels(slope.astype(np.float32), WHOLE) is None
    assert two_levels(np.full(WHOLE.shape, 0.5, np.float32), WHOLE) is None
    assert two_levels(cv2.GaussianBlur(board(), (0, 0), 1.0).astype(np.float32) / 255, WHOLE) is not None


def test_outlines_that_lie_a_pixel_apart_are_no_difference():
    depth, most = differing(board(widened=1), board())

    assert depth.max() <= most == 1.9


@pytest.mark.parametrize(
    ("place", "grey"),
    [
        ((slice(50, 62), slice(20, 25)), 220),  # an island
        ((slice(84, 88), slice(40, 44)), 20),  # a pinhole
        ((slice(30, 80), slice(120, 124)), 220),  # a bridge
        ((slice(20, 30), slice(120, 126)), 20),  # a break
        ((slice(96, 101), slice(60, 66)), 220),  # a spur
        ((slice(50, 58), slice(20, 28)), 120),  # a stain of neither level
    ],
)
def test_a_defect_is_deeper_than_what_good_images_reach_and_nothing_else_is(place, grey):
    inspected = board()
    inspected[place] = grey
    depth, most = differing(inspected, board())

    assert depth[place].max() > most
    rest = depth.copy()
    rest[place] = 0
    assert rest.max() <= most


def test_where_all_outlines_lie_apart_more_is_usual():
    depth, most = differing(board(widened=4), board())

    assert most == pytest.approx(4, abs=0.5)
    assert depth.max() <= most


def test_a_pair_of_two_levels_is_compared_by_its_outlines():
    large = cv2.resize(board(), None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    inspected = large.copy()
    inspected[100:108, 60:68] = 220
    whole = np.ones(large.shape, bool)
    pair = [CleanImage(image.astype(np.float32) / 255, whole) for image in (inspected, large)]
    found = compare_pair(*pair)

    assert found.raw_threshold == 1.9
    assert (found.raw > 1.9)[100:108, 60:68].mean() > 0.4
    assert not (found.raw > 1.9)[:95].any()
    assert not (found.raw > 1.9)[115:].any()
    assert np.isfinite(found.raw).all()


def test_a_wide_faint_stain_is_found_where_two_levels_have_some_noise():
    large = cv2.resize(board(), None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    blank = cv2.GaussianBlur(large.astype(np.float32) / 255, (0, 0), 0.8)
    whole = np.ones(large.shape, bool)
    rng = np.random.default_rng(3)
    stained = blank.copy()
    cv2.circle(stained, (250, 120), 14, 0.078 + 0.08, -1)  # a tenth of the contrast, on the dark level
    pair = [
        CleanImage((grey + 0.006 * rng.standard_normal(grey.shape)).astype(np.float32), whole)
        for grey in (stained, blank)
    ]
    found = compare_pair(*pair)

    assert (found.raw > found.raw_threshold)[115:126, 245:256].all()
