"""Grey scale and data bar of an image that is read in windows."""

import numpy as np
import pytest

from semscan.image.clean import clean
from semscan.image.large import clean as windows
from semscan.image.large.clean import clean_windows
from semscan.settings import ReadSettings
from semscan.values import SemImage


def pixels(dtype, rows=90, cols=120):
    scale = {"uint8": 255, "uint16": 3000}.get(dtype, 7.0)
    return (np.random.default_rng(0).random((rows, cols)) ** 2 * scale).astype(dtype)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("databar", ["auto", 13])
def test_the_scale_is_that_of_the_whole_image(dtype, databar, monkeypatch):
    monkeypatch.setattr(windows, "BLOCK_PIXELS", 1000)  # eight rows at a time
    image = SemImage(pixels(dtype), "/a.tif")
    settings = ReadSettings(databar=databar)

    whole = clean(image, settings)
    cleaned, survey = clean_windows(image, settings, lambda shape: 4)

    assert (cleaned.values[10:30, 20:50] == whole.values[10:30, 20:50]).all()
    assert (cleaned.judged[:, :] == whole.judged).all()
    assert cleaned.judged_fraction == whole.judged_fraction
    assert cleaned.data_bar_px == whole.data_bar_px
    rows = (90 - cleaned.data_bar_px) // 4
    means = whole.values[: rows * 4].reshape(rows, 4, 30, 4).mean(axis=(1, 3))
    assert np.abs(survey.small - means).max() < 2e-3  # of 16 bits, the few levels beyond the scale are not cut off


def test_floats_are_sampled_as_in_the_whole_image(monkeypatch):
    monkeypatch.setattr(windows, "BLOCK_PIXELS", 1000)
    monkeypatch.setattr(windows, "MOST_SAMPLES", 700)
    monkeypatch.setattr("semscan.image.clean.MOST_SAMPLES", 700)
    image = SemImage(pixels("float32"), "/a.tif")

    cleaned, _ = clean_windows(image, ReadSettings(), lambda shape: 1)

    assert (cleaned.values[:, :] == clean(image, ReadSettings()).values).all()
