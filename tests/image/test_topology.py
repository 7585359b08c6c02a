import numpy as np
import pytest

from semscan.image.pattern_view import SIDE, grey_range, pattern_view
from semscan.image.topology import MEASURES, topology

PITCH = 16
STEPS = np.array([[0.0, PITCH]])
PLACE = (80, 100)  # a space has its middle in column 100, a line in column 108


def lines():
    """Bright lines, 8 px wide, on a dark floor."""
    cols = np.arange(200)
    grey = np.where((cols - 104) % PITCH < 8, 0.8, 0.2)
    noise = 0.02 * np.random.default_rng(0).standard_normal((160, 200))
    return (np.tile(grey, (160, 1)) + noise).astype(np.float32)


def view_of(change, turned=False):
    """Return the view of a changed place; `change` is (rows, columns, grey level)."""
    image = lines()
    labels = np.zeros(image.shape, np.int32)
    if change:
        rows, cols, grey = change
        image[rows, cols] = grey
        labels[rows, cols] = 1
    centre = PLACE if not change else (80, (change[1].start + change[1].stop - 1) / 2)
    if turned:
        return pattern_view(image.T, labels.T, 1, centre[::-1], STEPS[:, ::-1], grey_range(image))
    return pattern_view(image, labels, 1, centre, STEPS, grey_range(image))


BRIDGE = (slice(76, 85), slice(96, 104), 0.8)
BREAK = (slice(76, 85), slice(104, 112), 0.2)
BLOT = (slice(70, 90), slice(92, 116), 1.0)


def test_the_golden_reference_of_a_view_shows_the_pattern_without_the_defect():
    view = view_of(BRIDGE)
    clean = view_of(None)

    assert view.shape == (SIDE, SIDE, 3)
    assert np.abs(view[..., 2] - clean[..., 0]).mean() < 0.1
    assert np.abs(view[..., 0] - view[..., 2])[28:36, 28:36].mean() > 0.5
    assert view[30:34, 30:34, 1].min() == 1


@pytest.mark.parametrize("turned", [False, True])
def test_a_bridge_closes_one_space_and_a_break_parts_one_line(turned):
    bridge = topology(view_of(BRIDGE, turned))
    parted = topology(view_of(BREAK, turned))
    good = topology(view_of(None, turned))

    assert bridge.shape == (MEASURES,)
    assert bridge[0] == pytest.approx(1, abs=0.15)
    assert bridge[1] == pytest.approx(0, abs=0.15)
    assert bridge[2] == 0.5
    assert parted[0] == pytest.approx(0, abs=0.15)
    assert parted[1] == pytest.approx(1, abs=0.15)
    assert parted[3] == 0.5
    assert np.abs(good[:4]).max() < 0.15


def test_what_is_half_as_wide_closes_no_space():
    half = topology(view_of((slice(76, 85), slice(96, 100), 0.8)))

    assert half[0] < 0.5
    assert half[4] > 0.5  # most of the change is brighter, in a space


def test_a_blot_is_brighter_than_the_pattern_and_hides_it():
    blot = topology(view_of(BLOT))

    assert blot[9] > 0.2
    assert blot[11] < 0.3
    assert topology(view_of(None))[11] > 0.6


def test_where_no_repeat_lies_in_the_image_the_view_is_its_own_reference():
    image = lines()[:12, :12]
    view = pattern_view(image, np.zeros(image.shape, np.int32), 0, (6, 6), STEPS * 3, grey_range(image))

    assert np.isfinite(view).all()
    assert np.allclose(view[28:36, 28:36, 0], view[28:36, 28:36, 2])
    assert np.isfinite(topology(view)).all()


@pytest.mark.parametrize("pitch", [24, 45, 90])
def test_a_view_of_any_pitch_shows_the_same(pitch):
    cols = np.arange(12 * pitch)
    image = np.tile(np.where((cols - pitch // 4) % pitch < pitch // 2, 0.8, 0.2), (8 * pitch, 1)).astype(np.float32)
    centre = (4 * pitch, 6 * pitch + pitch // 2)
    labels = np.zeros(image.shape, np.int32)
    labels[centre[0] - pitch // 4 : centre[0] + pitch // 4, centre[1] - pitch // 4 : centre[1] + pitch // 4] = 1
    view = pattern_view(image, labels, 1, centre, np.array([[0.0, pitch]]), (0.5, 1.0))
    phase = (np.arange(SIDE) - (SIDE - 1) / 2) / 20 % 1  # 0 in the middle of a line

    assert np.abs(view[..., 0] - view[..., 2]).mean() < 0.02
    assert view[:, (phase < 0.15) | (phase > 0.85), 0].mean() > 0.25
    assert view[:, (phase > 0.35) & (phase < 0.65), 0].mean() < -0.25
    assert view[..., 1].sum() == pytest.approx(100, rel=0.15)  # half a pitch wide and high
