"""Edges of drawn lines."""

import numpy as np
import pytest

from semscan.errors import BadImageError
from semscan.metrology.line_dimensions import measure_lines
from semscan.metrology.lines import pieces_of_lines

LINES = [(10.3 + 20 * n, 18.0 + 20 * n) for n in range(6)]


def test_a_straight_edge_is_found_to_a_hundredth_of_a_pixel(lines, find_edges):
    found = find_edges(lines(48, 130, LINES), 20.0)

    whole = np.isfinite(found.left).all(axis=1) & np.isfinite(found.right).all(axis=1)
    assert found.left[whole] == pytest.approx(
        np.repeat([[edge[0]] for edge in LINES], 48, axis=1)[: whole.sum()], abs=0.01
    )
    assert found.widths[whole] == pytest.approx(np.full((whole.sum(), 48), 7.7), abs=0.02)
    assert whole.sum() == 6


def test_the_step_of_an_edge_without_rim_is_its_half(lines, find_edges):
    at_half = find_edges(lines(48, 130, LINES), 20.0)
    at_step = find_edges(lines(48, 130, LINES), 20.0, level=None)

    assert np.nanmean(at_step.widths) == pytest.approx(np.nanmean(at_half.widths), abs=0.05)


def test_a_lower_level_makes_bright_lines_wider(lines, find_edges):
    image = lines(48, 130, LINES)

    widths = [np.nanmean(find_edges(image, 20.0, level=level).widths) for level in (0.3, 0.5, 0.7)]

    # a blurred step reaches 0.3 of its height 0.524 standard deviations before the middle
    assert widths == pytest.approx([7.7 + 2 * 0.524 * 1.2, 7.7, 7.7 - 2 * 0.524 * 1.2], abs=0.1)


def test_dark_lines_are_the_spaces_between_bright_ones(lines, find_edges):
    image = lines(48, 130, LINES)

    found = find_edges(image, 20.0, dark_lines=True)

    assert np.nanmean(found.widths) == pytest.approx(12.3, abs=0.02)
    assert np.nanmean(found.spaces) == pytest.approx(7.7, abs=0.02)


def test_the_width_of_tilted_lines_is_taken_across_them(lines, find_edges):
    slope = 0.25
    image = lines(64, 160, [(10.0 + 20 * n, 19.0 + 20 * n) for n in range(-2, 8)], slope)

    found = find_edges(image, 20.0, slope)

    assert np.nanmean(found.widths) == pytest.approx(9.0 / np.hypot(1, slope), abs=0.02)
    assert found.spacing == pytest.approx(np.hypot(1, slope))


@pytest.mark.parametrize("walk", [2.0, 4.0, -5.0])
def test_two_lines_in_a_repeat_are_measured_one_by_one(lines, find_edges, walk):
    pairs = [
        (start + shift, start + shift + width)
        for start in np.arange(8.0, 230, 40)
        for shift, width in ((0.0, 9.0), (20.0 + walk, 8.0))
    ]
    found = find_edges(lines(48, 240, pairs), 40.0)
    measured = measure_lines(found, None, 2.0).dimensions
    widths = found.widths[np.isfinite(found.widths).all(axis=1)].mean(axis=1)
    first = round(float(widths[0]))  # which of the two begins depends on the image

    assert (found.holds_two, found.pitch) == (False, 20.0)
    assert widths == pytest.approx(np.resize([first, 17 - first], len(widths)), abs=0.05)
    # spaces of 11 + walk and 12 - walk in turn
    assert abs(measured.pitch_walk.px) == pytest.approx(abs(2 * walk - 1), abs=0.1)
    assert measured.pitch_walk.nm == pytest.approx(2 * measured.pitch_walk.px)


def test_three_lines_in_a_repeat_are_noticed(lines, find_edges):
    three = [(start + shift, start + shift + 9.0) for start in np.arange(4.0, 300, 72) for shift in (0.0, 22.0, 48.0)]

    assert find_edges(lines(48, 300, three), 72.0).holds_two
    assert not find_edges(lines(48, 130, LINES), 20.0).holds_two


def test_equal_spaces_do_not_walk(lines, find_edges):
    walk = measure_lines(
        find_edges(lines(48, 240, [(10.0 + 20 * n, 19.0 + 20 * n) for n in range(11)]), 20.0), None, None
    )

    assert walk.dimensions.pitch_walk.px == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize(("deviation", "is_cut_off"), [(0.5, False), (1.5, True)])
def test_edges_that_vary_beyond_the_search_are_noticed(lines, find_edges, deviation, is_cut_off):
    rng = np.random.default_rng(0)
    rough = [tuple(edge + deviation * rng.standard_normal(400) for edge in line) for line in LINES]

    found = find_edges(lines(400, 130, rough), 20.0)

    # half of a line of 7.7 px, times 0.45
    assert found.cut_off_px == (pytest.approx(1.73, abs=0.2) if is_cut_off else None)


def test_a_row_that_looks_quite_different_is_left_out(lines, find_edges):
    rng = np.random.default_rng(0)
    image = lines(48, 130, LINES) + rng.normal(0, 0.02, (48, 130)).astype(np.float32)
    image[20:24, 28:48] = 0.7  # a bridge over the space behind the first line

    found = find_edges(image, 20.0)

    lost = ~np.isfinite(found.spaces)
    assert lost[:, 20:24].any()
    assert lost[:, :18].sum() == lost[:, 26:].sum() == 0
    assert np.nanmax(abs(found.spaces - 12.3)) < 0.5


def test_pixels_that_do_not_count_leave_gaps(lines):
    from semscan.metrology.lines import find_line_edges

    image = lines(48, 130, LINES)
    used = np.ones(image.shape, bool)
    used[10:20] = False
    positions = np.broadcast_to(np.arange(130) / 20.0, image.shape)

    found = find_line_edges(image, used, positions, np.array([0.0, 20.0]))

    assert np.isnan(found.widths[:, 10:20]).all()
    assert np.isfinite(found.widths[:, :10]).all()


def test_lines_of_two_pixels_are_refused(lines, find_edges):
    image = lines(48, 120, [(10.0 + 5 * n, 12.0 + 5 * n) for n in range(20)])

    with pytest.raises(BadImageError, match="too narrow to measure, wanted 3 px"):
        find_edges(image, 5.0)


def test_pieces_are_of_one_length_and_short_gaps_are_filled():
    track = np.arange(25.0)
    track[[3, 15]] = np.nan
    empty = np.full(25, np.nan)

    pieces = list(pieces_of_lines(np.array([track, empty]), 10, most_missing=0.1))

    assert [piece.tolist() for piece in pieces] == [list(range(10)), list(range(10, 20))]
