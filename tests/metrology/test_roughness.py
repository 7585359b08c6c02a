"""Roughness of edges that are made, not found."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from semscan.metrology.roughness import measure_roughness, palasantzas
from semscan.synth.simulator.roughness import rough_profiles


def test_a_sine_has_the_roughness_of_a_sine():
    rows = np.arange(400)
    pieces = np.stack([2 * np.sin(2 * np.pi * rows / 40 + phase) for phase in np.linspace(0, 6, 8)])

    found = measure_roughness(pieces, 1.0, 0.0)

    assert found.biased == pytest.approx(2 / np.sqrt(2), rel=0.01)
    assert found.frequency[int(found.density.argmax())] == pytest.approx(1 / 40)
    assert (found.density * found.frequency[0]).sum() == pytest.approx(2.0, rel=0.01)  # Parseval


def test_the_spectrum_of_the_model_holds_its_variance():
    frequency = np.linspace(-50, 50, 2_000_001)

    assert np.trapezoid(palasantzas(frequency, 1.5, 10.0, 0.75), frequency) == pytest.approx(2.25, rel=1e-3)


@pytest.mark.parametrize(("sigma", "xi", "hurst"), [(0.7, 10.0, 0.75), (1.5, 20.0, 0.75), (0.7, 10.0, 0.5)])
def test_noise_is_taken_off(sigma, xi, hurst):
    rng = np.random.default_rng(1)
    true = rough_profiles(60, 512, sigma, xi, hurst, rng)

    found = measure_roughness(true + rng.normal(0, 0.5, true.shape), 1.0, 0.0)

    assert found.unbiased == pytest.approx(sigma, rel=0.05)
    assert found.noise == pytest.approx(0.5, rel=0.06)
    assert found.interval[0] < sigma < found.interval[1]
    assert found.correlation == pytest.approx(xi, rel=0.25)
    assert found.is_resolved


def test_noise_alone_has_next_to_no_roughness():
    noise = np.random.default_rng(2).normal(0, 0.5, (20, 256))

    found = measure_roughness(noise, 1.0, 0.0)

    assert found.biased == pytest.approx(0.5, rel=0.05)
    assert found.unbiased < 0.15
    assert found.interval[0] < 0.05


def test_lengths_scale_with_the_image():
    rng = np.random.default_rng(3)
    pieces = rough_profiles(20, 256, 0.7, 10.0, 0.75, rng) + rng.normal(0, 0.2, (20, 256))

    one = measure_roughness(pieces, 1.0, 0.0)
    two = measure_roughness(2 * pieces, 2.0, 0.0)

    assert two.unbiased == pytest.approx(2 * one.unbiased, rel=0.03)
    assert two.correlation == pytest.approx(2 * one.correlation, rel=0.1)


def test_a_slope_counts_in_widths_and_not_in_edges():
    pieces = np.linspace(0, 3, 100)[None, :] + np.random.default_rng(4).normal(0, 0.1, (4, 100))

    assert measure_roughness(pieces, 1.0, 0.0).biased > 0.8
    assert measure_roughness(pieces, 1.0, 0.0, levelled=1).biased == pytest.approx(0.1, rel=0.1)


def test_roughness_slower_than_the_lines_is_not_resolved():
    pieces = rough_profiles(3, 64, 1.0, 200.0, 0.9, np.random.default_rng(5))

    assert not measure_roughness(pieces, 1.0, 0.0).is_resolved


def test_roughness_finer_than_the_beam_is_said_to_be_blurred_away():
    white = np.random.default_rng(3).normal(0, 1, (12, 200))
    finer = gaussian_filter1d(white, 1.0, axis=1)

    assert measure_roughness(finer, 1.0, blur=3.0).is_blurred_away
    assert not measure_roughness(gaussian_filter1d(white, 6.0, axis=1), 1.0, blur=3.0).is_blurred_away


def test_the_interval_of_a_correlation_length_is_positive():
    white = np.random.default_rng(3).normal(0, 1, (1, 64))
    found = measure_roughness(gaussian_filter1d(white, 4.0, axis=1), 1.0, blur=1.0)
    low, high = found.correlation_interval

    assert 0 < low < found.correlation < high
    assert found.correlation - 1.96 * found.correlation_error < low
