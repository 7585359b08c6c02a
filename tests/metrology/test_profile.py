"""The model profile of an edge."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from semscan.errors import BadImageError
from semscan.metrology.displacement import displacements, own_deviation
from semscan.metrology.profile import fit_samples

X = np.arange(-8, 8, 0.01)


def blurred(signal, blur=0.9):
    """An edge at 0, as a beam sees it; without the ends."""
    kept = abs(X) < 6
    return X[kept], gaussian_filter1d(signal, blur / 0.01)[kept]


@pytest.mark.parametrize(
    "rim",
    [np.zeros_like(X), 0.6 * np.exp(-abs(X) / 1.8), 0.5 * np.exp(-((X / 2.5) ** 2))],
    ids=["none", "exp", "round"],
)
def test_the_step_is_where_the_edge_is_whatever_its_rim(rim):
    x, values = blurred(np.where(X >= 0, 0.45 + rim, 0.15))

    model = fit_samples(x, values)

    assert model.edge(None, (6, 6)) == pytest.approx(0.0, abs=0.03)
    assert model.blur == pytest.approx(0.9, abs=0.05)
    assert np.abs(model(x) - values).max() < 0.01


def test_a_level_lies_between_the_lowest_and_the_highest_value():
    x, values = blurred(np.where(X >= 0, 0.45 + 0.6 * np.exp(-abs(X) / 1.8), 0.15))
    rising = slice(0, int(values.argmax()))
    expected = np.interp((values.min() + values.max()) / 2, values[rising], x[rising])

    assert fit_samples(x, values).edge(0.5, (6, 6)) == pytest.approx(expected, abs=0.02)
    assert expected < -0.2  # outside of the step


def test_a_sharpened_model_is_that_of_straight_edges():
    x, straight = blurred(np.where(X >= 0, 0.8, 0.2), 1.0)
    _, rough = blurred(np.where(X >= 0, 0.8, 0.2), np.hypot(1.0, 0.8))

    model = fit_samples(x, rough).sharpened(0.8)

    assert np.abs(model(x) - straight).max() < 0.02


def test_a_displaced_profile_is_found_whatever_the_noise():
    rng = np.random.default_rng(0)
    x, values = blurred(np.where(X >= 0, 0.8, 0.2))
    model = fit_samples(x, values)
    at = np.broadcast_to(np.arange(-5, 6.0), (500, 11))
    true = rng.uniform(-1, 1, 500)
    grey = model(at - true[:, None]) + rng.normal(0, 0.05, at.shape)

    found = displacements(at, grey, np.ones(at.shape, bool), model, 2.0)

    assert np.mean(found - true) == pytest.approx(0.0, abs=0.02)
    assert np.polyfit(true, found, 1)[0] == pytest.approx(1.0, abs=0.03)


def test_noise_is_no_deviation_of_an_edge():
    rng = np.random.default_rng(1)
    slow = 0.5 * np.sin(np.arange(200) / 20) + np.zeros((20, 1))

    assert own_deviation(slow + rng.normal(0, 0.6, slow.shape), 1) == pytest.approx(0.5 / np.sqrt(2), abs=0.03)
    assert own_deviation(rng.normal(0, 0.6, slow.shape), 1) < 0.1


def test_nothing_and_a_flat_profile_are_refused():
    with pytest.raises(BadImageError, match="no edge lies"):
        fit_samples(np.array([]), np.array([]))
    with pytest.raises(BadImageError, match="no profile to fit"):
        fit_samples(X, np.zeros_like(X))
