import numpy as np
import pytest

from semscan.synth.simulator.roughness import palasantzas, rough_contours, rough_profiles


@pytest.mark.parametrize("hurst", [0.3, 0.5, 0.9])
def test_spectrum_integrates_to_sigma_squared(hurst):
    frequency = np.concatenate([[0], np.geomspace(1e-7, 1e4, 400_000)])

    power = 2 * np.trapezoid(palasantzas(frequency, 1.5, 10, hurst), frequency)

    assert power == pytest.approx(1.5**2, rel=0.01)


def test_profiles_have_the_asked_standard_deviation():
    profiles = rough_profiles(400, 512, 1.2, 12, 0.75, np.random.default_rng(1))

    assert profiles.shape == (400, 512)
    assert profiles.std() == pytest.approx(1.2, rel=0.03)


def test_correlation_falls_as_an_exponential_for_hurst_one_half():
    profiles = rough_profiles(2000, 256, 1.0, 16, 0.5, np.random.default_rng(2))

    correlation = [np.mean(profiles[:, :-lag] * profiles[:, lag:]) for lag in (4, 16, 32)]

    np.testing.assert_allclose(correlation, np.exp([-0.25, -1, -2]), atol=0.03)


def test_profiles_do_not_close_on_themselves():
    profiles = rough_profiles(2000, 256, 1.0, 8, 0.5, np.random.default_rng(3))

    assert abs(np.mean(profiles[:, 0] * profiles[:, -1])) < 0.08


def test_no_roughness_gives_straight_edges():
    assert not rough_profiles(3, 50, 0, 10, 0.5, np.random.default_rng(0)).any()


def test_contours_leave_the_hole_where_it_is():
    contour = rough_contours(np.full(5, 8.0), 0.5, 10, 0.75, np.random.default_rng(4))

    assert contour.shape == (5, 9)
    assert not contour[:, 1].any()
    assert not contour[:, 0].imag.any()
