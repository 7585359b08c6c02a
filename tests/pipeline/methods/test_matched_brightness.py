"""A model whose training images were matched in brightness and contrast."""

from dataclasses import replace

import numpy as np
import pytest

from semscan.files.models.folder import read_model_folder
from semscan.pipeline.explaining.activations import layer_activations
from semscan.pipeline.methods.model import ModelMethod
from semscan.values import CleanImage


@pytest.fixture
def matched(model):
    """A tiny model folder, for images of one brightness and contrast."""
    folder = read_model_folder(model)
    config = folder.config
    return replace(folder, config=replace(config, preprocessing=replace(config.preprocessing, matched=True)))


def image(factor=1.0, summand=0.0):
    values = np.random.default_rng(0).normal(0.5, 0.05, (80, 96)).astype(np.float32)
    values[30:40, 40:52] += 0.3
    return CleanImage(values * np.float32(factor) + np.float32(summand), np.ones(values.shape, bool), source="a.png")


@pytest.mark.parametrize(("factor", "summand"), [(0.4, 0.1), (1.3, -0.2)])
def test_the_map_does_not_depend_on_brightness_and_contrast(matched, model, factor, summand):
    method = ModelMethod(matched)
    raw = method(image()).raw

    assert raw.std() > 0
    assert np.allclose(method(image(factor, summand)).raw, raw, atol=1e-3 * raw.max())
    unmatched = ModelMethod(read_model_folder(model))
    assert not np.allclose(unmatched(image(factor, summand)).raw, unmatched(image()).raw, atol=1e-2 * raw.max())


def test_the_reconstruction_has_the_grey_levels_of_the_image(matched):
    darker = image(0.4, 0.1)

    def layers(tiles):
        return {"reconstruction": tiles}, {}

    rebuilt = layer_activations(darker, matched.config, layers).maps["reconstruction"]

    assert np.allclose(rebuilt, darker.values, atol=1e-4)
