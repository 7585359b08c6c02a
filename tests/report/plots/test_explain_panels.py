"""The panels of an explanation that need arithmetic."""

import numpy as np
import pytest

from semscan.report.plots.explain_panels import make_panels

GREY = np.full((2, 4), 0.8, np.float32)


def enhanced(attention):
    panels = make_panels(GREY, slice(0, 2), {}, attention=np.asarray(attention, np.float32), anomaly_map=GREY)
    return next(panel for panel in panels if panel.key == "enhanced").values


@pytest.mark.parametrize("weights", [[0.0, 0.5, 1.0, 0.0], [0.5, 0.55, 0.6, 0.5], [0, 315, 630, 0]])
def test_the_image_is_enhanced_from_the_least_to_the_most_attended(weights):
    np.testing.assert_allclose(enhanced([weights, weights])[0] / 0.8, [0.15, 0.575, 1.0, 0.15], rtol=1e-5)


@pytest.mark.parametrize(("weight", "left"), [(0.5, 1.0), (0.0, 0.15)])
def test_a_flat_attention_leaves_all_alike(weight, left):
    weights = np.full((2, 4), weight) * (1 + 1e-3 * np.arange(4))

    np.testing.assert_allclose(enhanced(weights) / 0.8, left, atol=0.01)


def test_without_a_threshold_the_map_names_none():
    panels = make_panels(GREY, slice(0, 2), {}, attention=None, anomaly_map=GREY, threshold=None)

    assert panels[-1].title == "final map (no threshold)"
