"""Which regions are streaks of charging, and which only look a little like them."""

import math

import cv2
import numpy as np
import pytest

from semscan.regions.find import segment
from semscan.regions.streaks import streaks
from semscan.settings import RegionSettings, SynthSettings
from semscan.synth.simulator.image import make_image

NOISE = 0.05
ROWS, COLS = np.mgrid[:160, :240]


def surface():
    """Vertical lines, 24 px apart, soft and noisy; grey 0.25 to 0.45."""
    lines = 0.35 + 0.1 * np.tanh(2 * np.sin(2 * np.pi * COLS / 24))
    return lines + NOISE * np.random.default_rng(5).standard_normal(lines.shape)


def band(top=70, bottom=73, left=60, right=180):
    there = np.zeros(ROWS.shape, bool)
    there[top:bottom, left:right] = True
    return there


def named(grey, there, rim=4, judged=None):
    """What is said of the one region that marks `there` and `rim` px around."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * rim + 1, 2 * rim + 1))
    found = segment(0.8 * cv2.dilate(there.astype(np.uint8), disc).astype(np.float32), RegionSettings())
    levels = np.rint(np.clip(grey, 0, 1) * 255).astype(np.float32) / 255
    (answer,) = streaks(found, levels, judged)
    return answer


@pytest.mark.parametrize("height", [1, 3, 6])
@pytest.mark.parametrize("lift", [3 * NOISE, -3 * NOISE, 8 * NOISE])
def test_rows_that_are_lifted_or_lowered_are_a_streak(height, lift):
    there = band(bottom=70 + height)

    assert named(surface() + lift * there, there)


@pytest.mark.parametrize("turned", [False, True])
def test_a_streak_may_fade_to_either_end(turned):
    there = band()
    fading = there * np.exp(-np.abs(COLS - (179 if turned else 60)) / 50)

    assert named(surface() + 5 * NOISE * fading, there)


def test_the_rim_of_the_map_does_not_matter():
    there = band()

    assert [named(surface() + 4 * NOISE * there, there, rim) for rim in (1, 3, 6)] == [True] * 3


@pytest.mark.parametrize("degrees", [1, 2, 5, -3])
def test_what_is_sloped_is_no_streak(degrees):
    across = (ROWS - 75) - (COLS - 120) * math.tan(math.radians(degrees))
    there = (np.abs(across) < 2) & (np.abs(COLS - 120) < 60)

    assert not named(surface() + 5 * NOISE * there, there)


def test_what_the_probe_has_blurred_is_no_streak():
    there = band()
    blurred = cv2.GaussianBlur(there.astype(np.float64), (0, 0), 0.9)

    assert not named(surface() + 5 * NOISE * blurred, there)


def test_what_hides_the_structure_below_is_no_streak():
    there, grey = band(), surface()
    film = 0.55 + NOISE * np.random.default_rng(6).standard_normal(grey.shape)

    assert not named(np.where(there, film, grey), there)


def test_what_changes_its_sign_along_the_row_is_no_streak():
    there = band()

    assert not named(surface() + 5 * NOISE * np.where(COLS < 120, 1, -1) * there, there)


@pytest.mark.parametrize("there", [band(right=78), band(bottom=90)])
def test_what_is_short_or_tall_is_no_streak(there):
    assert not named(surface() + 5 * NOISE * there, there)


def test_a_particle_with_its_tail_is_no_mere_streak():
    particle = (ROWS - 71) ** 2 + (COLS - 60) ** 2 < 36

    assert not named(surface() + 5 * NOISE * (band() | particle), band() | particle)


def test_a_region_of_which_a_streak_is_only_a_part_is_none():
    there = band()

    assert not named(surface() + 5 * NOISE * there, band(top=55))


def test_on_horizontal_lines_nothing_is_a_streak():
    lines = 0.35 + 0.1 * np.tanh(2 * np.sin(2 * np.pi * ROWS / 24))
    grey = lines + NOISE * np.random.default_rng(5).standard_normal(lines.shape)

    assert not named(grey + 5 * NOISE * band(), band())


def test_nothing_there_is_no_streak():
    assert not named(surface(), band())


def test_beside_the_data_bar_the_bar_is_no_neighbour():
    there, grey, judged = band(), surface() + 5 * NOISE * band(), ROWS < 82
    grey[82:] = np.where(COLS[82:] % 7 < 3, 1.0, 0.0)

    assert named(grey, there, rim=3, judged=judged)
    assert not named(grey, there, rim=3, judged=ROWS < 75)


@pytest.mark.parametrize("place", [(0, 3), (157, 160)])
def test_at_the_border_in_doubt_it_is_none(place):
    there = band(*place)

    assert not named(surface() + 5 * NOISE * there, there)


@pytest.mark.parametrize(
    ("rows", "cols", "around", "alone", "column"),
    [(2, 28, (1, 1, 0), (0, 1, 0), 18), (3, 51, (1, 0, 0), (1, 0, 1), 5), (3, 32, (1, 0, 0), (1, 0, 1), 24)],
)
def test_two_levels_of_which_one_column_alone_could_tell_the_slope_are_no_streak(rows, cols, around, alone, column):
    """Levels above, in and below the rows; only at `column` do the rows above and below agree."""
    parts = (slice(0, 18), slice(18, 18 + rows), slice(18 + rows, 40))
    grey = np.zeros((40, cols), np.float32)
    for part, level, other in zip(parts, around, alone, strict=True):
        grey[part] = level
        grey[part, column] = other
    anomaly_map = np.zeros(grey.shape, np.float32)
    anomaly_map[parts[1]] = 0.8

    assert streaks(segment(anomaly_map, RegionSettings()), grey) == [False]


def test_each_region_is_told_by_itself():
    streak, blob = band(), band(20, 40, 100, 130)
    anomaly_map = np.where(streak, 0.7, np.where(blob, 0.9, 0.0)).astype(np.float32)
    found = segment(anomaly_map, RegionSettings())
    grey = (surface() + 5 * NOISE * (streak | blob)).astype(np.float32)

    assert [region.box.top for region in found.regions] == [20, 70]
    assert streaks(found, grey) == [False, True]
    assert streaks(segment(np.zeros((160, 240)), RegionSettings()), grey) == []


def test_a_streak_that_the_map_shows_in_pieces_is_one():
    grey = (surface() + 5 * NOISE * band()).astype(np.float32)
    anomaly_map = np.zeros(grey.shape, np.float32)
    for left in (64, 88, 112, 136, 160):
        anomaly_map[68:75, left : left + 8] = 0.8

    assert streaks(segment(anomaly_map, RegionSettings()), grey) == [True] * 5
    assert streaks(segment(anomaly_map, RegionSettings()), surface().astype(np.float32)) == [False] * 5


def test_a_speck_in_the_rows_of_a_streak_but_beyond_its_end_is_none():
    speck = (ROWS - 71) ** 2 + (COLS - 215) ** 2 < 10
    grey = (surface() + 5 * NOISE * (band() | speck)).astype(np.float32)
    anomaly_map = np.where(band(), 0.9, np.where(speck, 0.8, 0)).astype(np.float32)

    assert streaks(segment(anomaly_map, RegionSettings()), grey) == [True, False]
    anomaly_map[60:90, 80:90] = anomaly_map[60:90, 110:150] = 0
    assert streaks(segment(anomaly_map, RegionSettings()), grey)[-1] is False


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [
        ("lines", "bridge"),
        ("lines", "micro-bridge"),
        ("lines", "break"),
        ("lines", "scratch"),
        ("lines", "residue"),
        ("contacts", "merged"),
        ("contacts", "missing"),
        ("contacts", "particle"),
        ("contacts", "scratch"),
    ],
)
def test_no_defect_of_lines_or_contacts_is_a_streak_either_way_round(pattern, kind):
    for index in range(3):
        image = make_image(SynthSettings(pattern=pattern, pitch=40, dose=100), [kind], index=index)
        for pixels, mask in ((image.pixels, image.mask), (image.pixels.T, image.mask.T)):
            anomaly_map = cv2.dilate(mask, np.ones((7, 7), np.uint8)).astype(np.float32) / 300
            found = segment(anomaly_map, RegionSettings())
            assert not any(streaks(found, np.ascontiguousarray(pixels, np.float32) / 255))
