"""The network that comes with semscan: what it is shown, and what it makes of it."""

from dataclasses import replace

import numpy as np
import pytest

from semscan.runtime.comparison_network import CHANNELS, comparison_network, network_channels, network_scale
from semscan.values.evidence import Evidence


def evidence_of(rows=96, cols=112, pitch=16.0, defect=None):
    """Lines `pitch` px apart with little noise; `defect` is a window that deviates strongly."""
    rng = np.random.default_rng(0)
    reference = np.tile(0.4 + 0.2 * np.sin(2 * np.pi * np.arange(cols) / pitch), (rows, 1)).astype(np.float32)
    noise = rng.standard_normal((4, rows, cols)).astype(np.float32)
    image = reference + 0.02 * noise[3]
    deviations = [0.8 * one for one in noise[:3]]
    chance = np.full((rows, cols), 0.3, np.float32)
    if defect is not None:
        image[defect] += 0.4
        for deviation in deviations:
            deviation[defect] += 12
        chance[defect] = 3
    return Evidence(image, reference, tuple(deviations), chance, np.ones((rows, cols), bool), pitch)


@pytest.mark.parametrize(("pitch", "scale"), [(None, 1.0), (12.0, 1.0), (80.0, 0.5), (1000.0, 0.25)])
def test_evidence_of_a_long_pitch_is_made_smaller(pitch, scale):
    assert network_scale(pitch) == pytest.approx(scale)


def test_the_channels_have_the_scaled_size():
    assert network_channels(evidence_of(96, 112, pitch=80.0)).shape == (48, 56, CHANNELS)


def test_grey_levels_are_shares_of_the_range_of_the_reference():
    evidence = evidence_of()
    channels = network_channels(evidence)
    brighter = replace(evidence, image=evidence.image * 0.5 + 0.3, reference=evidence.reference * 0.5 + 0.3)

    assert np.ptp(channels[..., 1]) == pytest.approx(1.0, abs=0.1)
    np.testing.assert_allclose(network_channels(brighter), channels, atol=1e-4)


def test_what_is_not_judged_is_zero_in_all_channels():
    evidence = evidence_of()
    evidence.judged[80:] = False

    assert not network_channels(evidence)[80:].any()
    assert network_channels(evidence)[:80].any()


def test_nothing_is_found_where_image_and_reference_agree():
    assert comparison_network()(evidence_of()).max() < 1


def test_a_strong_deviation_is_found_at_its_place_and_nowhere_else():
    defect = (slice(40, 52), slice(50, 66))
    found = comparison_network()(evidence_of(defect=defect)) > 1
    around = np.zeros(found.shape, bool)
    around[32:60, 42:74] = True

    assert found[defect].mean() > 0.5
    assert not found[~around].any()


@pytest.mark.parametrize("side", [8, 97, 112])
def test_evidence_of_any_size_gets_scores_of_its_own_shape(side):
    scores = comparison_network()(evidence_of(side, 113, pitch=60.0))

    assert scores.shape == (side, 113)
    assert np.isfinite(scores).all()
    assert scores.min() > 0
