"""What goes into the generator is measured again in its images."""

from dataclasses import replace

import numpy as np
import pytest

from semscan.settings import SynthSettings
from semscan.synth.simulator.detector import BLACK, WHITE, charging_tails, probe_kernel
from semscan.synth.simulator.image import make_image
from semscan.synth.simulator.scan import make_scan, row_shifts

HALF = 0.5 * (SynthSettings().top + SynthSettings().bottom)


def pitch_of(profile):
    """Period of a 1-d profile in px: the strongest frequency, refined to a hundredth of a bin."""
    wave = (profile - profile.mean()) * np.hanning(profile.size)
    spectrum = np.abs(np.fft.rfft(wave, 64 * profile.size))
    return 64 * profile.size / (64 + np.argmax(spectrum[64:]))


def crossings(row, level):
    """Sub-pixel places where a row crosses `level`."""
    at = np.flatnonzero((row[:-1] < level) != (row[1:] < level))
    return at + (level - row[at]) / (row[at + 1] - row[at])


def edges_of(image, level):
    """Place of each upright edge in each row, shape (rows, edges); first column left of a line."""
    mean = image.mean(axis=0)
    typical = crossings(mean, level)
    typical = typical[(typical > 8) & (typical < len(mean) - 8)]
    if mean[round(typical[0]) - 3] > mean[round(typical[0]) + 3]:
        typical = typical[1:]
    found = []
    for row in image:
        places = crossings(row, level)
        found.append(places[np.abs(places[:, None] - typical).argmin(axis=0)])
    return np.array(found)


@pytest.mark.parametrize("pitch", [20.0, 27.3, 40.0])
def test_pitch_of_noisy_lines_is_recovered_within_one_percent(pitch):
    image = make_image(SynthSettings(rows=128, cols=512, pitch=pitch, rotation=0), index=1)

    assert pitch_of(image.pixels.mean(axis=0)) == pytest.approx(pitch, rel=0.01)


@pytest.mark.parametrize("axis", [0, 1])
def test_pitch_of_noisy_contacts_is_recovered_within_one_percent(axis):
    image = make_image(SynthSettings(pattern="contacts", rows=480, cols=480, pitch=31, rotation=0))

    assert pitch_of((image.pixels < 75).mean(axis=axis)) == pytest.approx(31, rel=0.01)


def test_rows_of_staggered_contacts_are_closer_by_the_height_of_a_triangle():
    image = make_image(SynthSettings(pattern="contacts", lattice="staggered", rows=480, cols=480, rotation=0))

    assert pitch_of((image.pixels < 75).mean(axis=1)) == pytest.approx(28 * np.sqrt(3) / 2, rel=0.01)


@pytest.mark.parametrize("width", [12.0, 18.0])
def test_line_width_is_recovered_at_half_height_of_the_edge(quiet, width):
    image = make_image(replace(quiet, pitch=32, cd=width, tilt=0, shadow=0))

    edges = edges_of(image.clean, HALF)

    assert np.mean(edges[:, 1] - edges[:, 0]) == pytest.approx(width, abs=0.25)
    assert np.mean(edges[:, 2] - edges[:, 1]) == pytest.approx(32 - width, abs=0.25)


def test_bright_edges_sit_at_the_line_width(quiet):
    profile = make_image(replace(quiet, pitch=40, cd=22, roughness=0)).clean[0]
    middle = profile[1:-1]
    peaks = np.flatnonzero((middle > profile[:-2]) & (middle >= profile[2:]) & (middle > 0.6))

    assert np.diff(peaks).min() == pytest.approx(40 - 22, abs=3)
    assert np.diff(peaks).max() == pytest.approx(22, abs=3)


def test_hole_diameter_is_recovered_from_the_dark_area(quiet):
    image = make_image(replace(quiet, pattern="contacts", rows=320, cols=320, pitch=32, cd=16, tilt=0, shadow=0))

    dark = (image.clean < HALF).mean() * 32**2

    assert 2 * np.sqrt(dark / np.pi) == pytest.approx(16, rel=0.03)


def test_roughness_and_its_correlation_length_are_recovered(quiet):
    recipe = replace(
        quiet, rows=512, cols=512, pitch=36, roughness=0.9, correlation=12, hurst=0.5, edge_link=0, tilt=0, shadow=0
    )
    lines = []
    for index in range(4):
        edges = edges_of(make_image(recipe, index=index).clean, HALF)
        lines.append(edges - edges.mean(axis=0))
    lines = np.concatenate(lines, axis=1)

    assert lines.std() == pytest.approx(0.9, rel=0.12)
    correlation = np.array([np.mean(lines[: 512 - k] * lines[k:]) for k in range(60)]) / lines.var()
    assert np.argmax(correlation < np.exp(-1)) == pytest.approx(12, rel=0.3)


@pytest.mark.parametrize("link", [0.0, 0.8])
def test_linked_edges_make_line_width_steadier(quiet, link):
    recipe = replace(quiet, rows=512, cols=512, pitch=36, roughness=0.9, edge_link=link, tilt=0, shadow=0)
    edges = edges_of(make_image(recipe).clean, HALF)
    pairs = edges.shape[1] // 2
    widths = edges[:, 1 : 2 * pairs : 2] - edges[:, 0 : 2 * pairs : 2]

    assert widths.std(axis=0).mean() == pytest.approx(0.9 * np.sqrt(2 * (1 - link)), rel=0.2)


@pytest.mark.parametrize("dose", [10.0, 40.0, 400.0])
def test_variance_is_signal_over_dose(quiet, dose):
    image = make_image(replace(quiet, rows=384, cols=384, dose=dose, tilt=40))
    signal = (image.pixels / 65535 - BLACK) / (WHITE - BLACK)

    for low, high in ((0.1, 0.25), (0.35, 0.5)):
        here = (image.clean > low) & (image.clean < high)
        noise = (signal - image.clean)[here]
        assert noise.var() == pytest.approx(image.clean[here].mean() / dose, rel=0.05)
        assert abs(noise.mean()) < 0.01


def test_angle_turns_the_lines(quiet):
    clean = make_image(replace(quiet, angle=90, roughness=0)).clean

    assert clean.std(axis=1).max() < 0.02
    assert clean.std(axis=0).min() > 0.1


def test_rotation_stays_within_its_limit():
    recipe = SynthSettings(rotation=1.0, drift=0)
    angles = [make_scan(recipe, 0, np.random.default_rng(k)).angle for k in range(200)]

    assert np.degrees(np.abs(angles)).max() <= 1
    assert np.degrees(np.std(angles)) == pytest.approx(1 / np.sqrt(3), rel=0.15)


def test_scan_knows_where_a_specimen_point_is_seen():
    scan = make_scan(SynthSettings(rotation=5, drift=3), 0, np.random.default_rng(5))

    row, col = scan.pixel(float(scan.u[70, 33]), float(scan.v[70, 33]))

    assert (row, col) == (pytest.approx(70, abs=0.4), pytest.approx(33, abs=0.4))


def test_drift_moves_rows_by_about_its_size():
    shifts = np.array([row_shifts(256, 2.0, np.random.default_rng(k)) for k in range(100)])

    assert np.ptp(row_shifts(256, 0.0, np.random.default_rng(0))) == 0
    assert 0.5 < np.mean(np.ptp(shifts, axis=1)) / 2.0 < 1.5
    np.testing.assert_allclose(shifts.mean(axis=1), 0, atol=1e-4)


def test_both_sides_of_an_edge_are_seen(quiet):
    clean = make_image(replace(quiet, pitch=60, roughness=0)).clean

    assert clean.max() > 1.6 * quiet.top
    assert clean.min() < quiet.bottom - 0.3 * quiet.shadow


def test_probe_is_normalised_and_longer_along_its_axis():
    kernel = probe_kernel(1.5, 0.4, 0.0)
    reach = np.arange(len(kernel)) - len(kernel) // 2

    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    assert (kernel.sum(axis=0) * reach**2).sum() > 1.8 * (kernel.sum(axis=1) * reach**2).sum()


def test_charging_darkens_only_what_comes_after_a_bright_place():
    signal = np.full((3, 100), 0.4, np.float32)
    signal[1, 40:45] = 1.0

    tail = charging_tails(signal, 0.1, 20)[1] - signal[1]

    assert tail[46] < -0.01
    assert tail[46] < tail[80]
    assert abs(tail[39]) < 0.4 * abs(tail[46])
