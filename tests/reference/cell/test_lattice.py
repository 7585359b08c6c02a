"""How an image repeats."""

import numpy as np
import pytest

from semscan.reference.cell.lattice import Lattice, find_lattice
from semscan.reference.cell.phase_map import measure_phases


@pytest.mark.parametrize(("pitch", "angle"), [(16.0, 0.0), (23.7, 3.3), (31.4, -4.0), (20.0, 90.0), (27.3, 35.0)])
def test_lines_give_one_step(stripes, pitch, angle):
    lattice = find_lattice(stripes(pitch, angle))

    assert lattice.found
    assert lattice.pitch_px == [pytest.approx(pitch, rel=0.02)]
    assert abs((lattice.angle_deg[0] - angle + 90) % 180 - 90) < 1.0


@pytest.mark.parametrize("rows", [16, 24, 48])
def test_upright_lines_in_few_rows_are_upright(stripes, rows):
    lattice = find_lattice(stripes(20.0, 0.0, shape=(rows, 1024)))

    assert lattice.pitch_px == [pytest.approx(20.0, abs=0.03)]
    assert abs((lattice.angle_deg[0] + 90) % 180 - 90) < 1.0


@pytest.mark.parametrize(("pitch", "angle"), [(17.5, 0.0), (24.3, 2.5), (38.0, -3.0)])
def test_arrays_give_two_steps(dots, pitch, angle):
    lattice = find_lattice(dots(pitch, angle))

    assert lattice.found
    assert lattice.pitch_px == [pytest.approx(pitch, rel=0.02)] * 2
    assert abs(lattice.angle_deg[0] - angle) < 1.0


@pytest.mark.parametrize(
    ("pitch", "angle", "shape"),
    [(8.5, 0.0, (256, 256)), (18.5, 1.5, (512, 512)), (24.5, 0.0, (1024, 1024)), (13.6, 0.0, (1280, 1280))],
)
def test_an_array_of_many_cells_has_its_own_pitch_and_no_multiple_of_it(dots, pitch, angle, shape):
    assert find_lattice(dots(pitch, angle, shape)).pitch_px == [pytest.approx(pitch, rel=0.03)] * 2


def test_lines_of_a_pitch_between_two_pixels_are_not_doubled(stripes):
    assert find_lattice(stripes(5.5, shape=(256, 256))).pitch_px == [pytest.approx(5.5, rel=0.02)]


def test_the_phases_refine_the_steps_to_a_small_part_of_a_pixel(dots):
    image = dots(24.3, 2.5)
    finer = measure_phases(image, find_lattice(image)).lattice

    assert finer.pitch_px == [pytest.approx(24.3, abs=0.05)] * 2
    assert finer.angle_deg[0] == pytest.approx(2.5, abs=0.1)


def test_one_line_in_two_that_differs_doubles_the_pitch(stripes):
    image = stripes(20.0, noise=0.02)
    image += 0.5 * (np.arange(200) // 20 % 2).astype(np.float32) * 0.5

    assert find_lattice(image).pitch_px == [pytest.approx(40.0, abs=0.5)]


def test_a_multiple_of_which_the_image_shows_too_few_is_not_taken(stripes):
    image = stripes(40.0, noise=0.02)
    image += 0.5 * (np.arange(200) // 40 % 2).astype(np.float32) * 0.5  # every second line differs: 2.5 repeats

    assert find_lattice(image).pitch_px == [pytest.approx(40.0, abs=1)]


def test_texture_and_noise_and_nothing_are_not_periodic(blobs):
    noise = np.random.default_rng(0).random((120, 150)).astype(np.float32)

    for image in (blobs, noise, np.full((64, 64), 0.5, np.float32)):
        assert not find_lattice(image).found


def test_uneven_light_alone_is_no_pattern():
    rows, cols = np.mgrid[:150, :150] / 150.0

    assert not find_lattice((rows**2 + cols).astype(np.float32)).found


def test_two_repeats_are_too_few(stripes):
    assert not find_lattice(stripes(95.0)).found


def test_noise_lowers_the_confidence_little(stripes):
    assert find_lattice(stripes(24.0, noise=0.25)).confidence > 0.7


@pytest.mark.parametrize("shape", [(16, 16), (16, 300), (300, 16), (23, 37)])
def test_the_smallest_images_get_an_answer(shape):
    assert not find_lattice(np.random.default_rng(1).random(shape).astype(np.float32)).found


def test_a_large_image_is_measured_in_its_own_pixels(stripes):
    assert find_lattice(stripes(40.0, shape=(300, 2300))).pitch_px == [pytest.approx(40.0, rel=0.02)]


@pytest.mark.parametrize(("pitch", "angle"), [(8.0, 0.0), (10.3, 0.0), (12.37, 1.3)])
def test_fine_lines_of_a_large_image_are_found_and_hold_across_it(stripes, pitch, angle):
    # made four times smaller, 8 px are too few for a repeat, and 10.3 px look like another pitch
    (found,) = find_lattice(stripes(pitch, angle, shape=(600, 4200))).vectors

    turn = np.radians(angle)
    step = np.array([np.sin(turn), np.cos(turn)]) * pitch
    repeats = 4200 / pitch
    assert found * repeats == pytest.approx(step * repeats, abs=0.5)


def test_a_fine_array_of_a_large_image_is_found(dots):
    image = dots(11.3, 2.5, shape=(2400, 900))
    found = find_lattice(image).vectors

    turn = np.radians(2.5)
    cell = np.array([[np.sin(turn), np.cos(turn)], [np.cos(turn), -np.sin(turn)]]) * 11.3  # (row, col) steps
    cells = found @ np.linalg.inv(cell)
    assert len(found) == 2
    assert cells == pytest.approx(np.round(cells), abs=1e-3)  # whole cells: a step may be a multiple of the shortest


def test_a_pattern_that_the_image_made_smaller_shows_is_measured_there(stripes):
    image = stripes(60.0, shape=(1200, 1200))
    small = image.reshape(600, 2, 600, 2).mean(axis=(1, 3))

    assert find_lattice(image).pitch_px == [pytest.approx(2 * find_lattice(small).pitch_px[0], abs=1e-3)]


def test_a_large_image_without_repeats_has_none():
    image = np.random.default_rng(0).random((700, 1300)).astype(np.float32)

    assert not find_lattice(image).found


def test_waves_are_the_dual_of_the_steps():
    lattice = Lattice(np.array([[0.0, 20.0], [30.0, 5.0]]), 1.0)

    np.testing.assert_allclose(lattice.vectors @ lattice.waves.T, np.eye(2), atol=1e-12)
