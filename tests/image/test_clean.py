import numpy as np
import pytest

from semscan.errors import BadImageError, UsageFault
from semscan.image.clean import clean
from semscan.settings import ReadSettings
from semscan.values import SemImage

NOISE = np.random.default_rng(0).integers(0, 256, (60, 50), dtype=np.uint8)


def cleaned(pixels, bar=0, databar="auto", warnings=()):
    return clean(SemImage(pixels, "a.tif", data_bar_rows=bar, warnings=warnings), ReadSettings(databar=databar))


def test_8_bits_are_divided_by_255_and_not_stretched():
    image = cleaned(NOISE // 2)

    assert image.values.dtype == np.float32
    assert np.allclose(image.values, (NOISE // 2) / 255, atol=1e-7)


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_300_grey_levels_of_65536_are_stretched_as_well_as_8_bits(dtype):
    wide = np.linspace(0, 1, 60 * 50).reshape(60, 50)

    narrow = cleaned((30_000 + np.rint(wide * 300)).astype(dtype))

    assert np.abs(narrow.values - wide).max() < 0.005


def test_float_of_any_unit_is_stretched():
    wide = np.linspace(0, 1, 60 * 50).reshape(60, 50)

    image = cleaned((wide * 2e-9 - 5e-7).astype(np.float32))

    assert np.abs(image.values - wide).max() < 0.005


def test_a_hot_pixel_does_not_dim_the_image_and_is_kept_within_bounds():
    pixels = NOISE.astype(np.uint16) * 10
    pixels[3, 3] = 65535

    image = cleaned(pixels)

    assert image.values[3, 3] == np.float32(1.25)
    assert np.median(image.values) == pytest.approx(0.5, abs=0.05)


def test_the_data_bar_neither_counts_nor_sets_the_scale():
    pixels = NOISE.astype(np.uint16)
    pixels[-10:] = 65535

    image = cleaned(pixels, bar=10)

    assert image.judged[:50].all()
    assert not image.judged[50:].any()
    assert image.values[:50].max() == pytest.approx(1, abs=0.02)
    assert image.judged_fraction == pytest.approx(50 / 60)


@pytest.mark.parametrize(("databar", "rows"), [("auto", 7), ("none", 0), (12, 12), ("12", 12), (0, 0)])
def test_the_user_decides_over_the_file(databar, rows):
    assert int((~cleaned(NOISE, bar=7, databar=databar).judged[:, 0]).sum()) == rows


@pytest.mark.parametrize("rows", [45, 60, 1000])
def test_a_bar_that_leaves_too_little_is_refused(rows):
    with pytest.raises(BadImageError, match=r"a\.tif: a data bar of .* leaves .* at least 16"):
        cleaned(NOISE, databar=rows)


@pytest.mark.parametrize("databar", ["bottom", -3, "-3", ""])
def test_what_is_no_height_is_a_fault_of_use(databar):
    with pytest.raises(UsageFault, match="is not a data bar height"):
        cleaned(NOISE, databar=databar)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_one_grey_level_above_the_bar_is_told(dtype):
    pixels = np.full((60, 50), 3, dtype)
    pixels[-8:] = 100

    image = cleaned(pixels, bar=8)

    assert image.warnings == ("the judged area has one grey level only (3): no defect can be detected",)
    assert np.isfinite(image.values).all()


def test_two_grey_levels_become_black_and_white():
    pixels = np.zeros((60, 50), np.uint16)
    pixels[0, 0] = 9

    assert sorted(np.unique(cleaned(pixels).values)) == [0, 1]


def test_warnings_of_reading_are_passed_on():
    assert cleaned(NOISE, warnings=("said",)).warnings == ("said",)
