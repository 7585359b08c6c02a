"""What the file says reaches the results; bars and ignored areas do not."""

import json

import cv2
import numpy as np
import pytest
import tifffile

from semscan.files.datasets.layout import find_layout
from semscan.files.images.read import read_image
from semscan.files.models.folder import read_model_folder
from semscan.image.clean import clean
from semscan.pipeline.inspecting.images import inspect_images
from semscan.pipeline.methods.model import ModelMethod
from semscan.pipeline.regions import cut_maps
from semscan.pipeline.training.data.dataset import open_good
from semscan.pipeline.training.data.split import Split, TrainPart, crop
from semscan.settings import InspectSettings, OutputSettings, PostprocessSettings, ReadSettings, SynthSettings
from semscan.synth.simulator.image import make_image

HITACHI = "[SemImageFile]\nPixelSize=2.5\nAcceleratingVoltage=800 Volt\n"


@pytest.fixture
def inspect(tmp_path, model):
    def inspect(*paths, read=None, method=("model",)):
        named = str(model) if "model" in method else None
        output = OutputSettings(out=str(tmp_path / "out"))
        settings = InspectSettings(method=method, model=named, read=read or ReadSettings(), output=output)
        return list(inspect_images([str(path) for path in paths], settings))

    return inspect


def with_bar(pixels, rows=30):
    """The image with a black bar of white text below it."""
    bar = np.zeros((rows, pixels.shape[1]), np.uint8)
    cv2.putText(bar, "5.00 kV   100 nm", (4, rows - 10), cv2.FONT_HERSHEY_PLAIN, 1.0, 255, 1)
    return np.vstack([pixels, bar.astype(pixels.dtype) * (1 if pixels.dtype == np.uint8 else 257)])


def test_the_pixel_size_reaches_record_and_map(tmp_path, grey, save_png, inspect):
    path = save_png(tmp_path / "a.png", grey(spot=True))
    (tmp_path / "a.txt").write_text(HITACHI)

    (record,) = inspect(path)

    told = {key: getattr(record, key) for key in ("nm_per_pixel", "nm_per_pixel_source", "vendor", "data_bar_px")}
    assert list(told.values()) == [2.5, "Hitachi PixelSize", "Hitachi", 0]
    with tifffile.TiffFile(record.outputs.map) as tiff:
        assert json.loads(tiff.pages[0].description)["nm_per_pixel"] == 2.5
    (again,) = cut_maps([record.outputs.map], PostprocessSettings())
    assert {key: getattr(again, key) for key in told} == told


def test_a_given_pixel_size_wins(tmp_path, grey, save_png, inspect):
    path = save_png(tmp_path / "a.png", grey())
    (tmp_path / "a.txt").write_text(HITACHI)

    (record,) = inspect(path, read=ReadSettings(nm_per_px=4.0))

    assert (record.nm_per_pixel, record.nm_per_pixel_source) == (4.0, "given")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("method", ["model", "periodic"])
def test_a_bar_with_text_has_no_region_and_leaves_the_score_as_it_was(tmp_path, inspect, dtype, method):
    settings = SynthSettings(rows=160, cols=192, pitch=16, bits=8 if dtype == np.uint8 else 16, seed=3)
    pixels = make_image(settings, ("bridge",)).pixels
    tifffile.imwrite(tmp_path / "plain.tif", pixels)
    tifffile.imwrite(tmp_path / "bar.tif", with_bar(pixels))

    bar, plain = inspect(tmp_path / "bar.tif", tmp_path / "plain.tif", method=(method,))

    assert (bar.data_bar_px, bar.data_bar_source, plain.data_bar_px) == (30, "pixels", 0)
    assert bar.score == pytest.approx(plain.score, rel=0.01)
    assert bar.raw_score == pytest.approx(plain.raw_score, rel=0.01)
    assert [region.bbox for region in bar.regions] == [region.bbox for region in plain.regions]
    assert plain.regions
    assert (tifffile.imread(bar.outputs.map)[160:] == 0).all()
    assert any("data bar" in warning for warning in bar.warnings)


def test_an_ignored_area_has_no_region_and_is_in_the_record(tmp_path, grey, save_png, inspect):
    path = save_png(tmp_path / "a.png", grey(spot=True))

    (plain,) = inspect(path)
    (ignored,) = inspect(path, read=ReadSettings(ignore=("28,18,12,10",)))
    (cared,) = inspect(path, read=ReadSettings(care=("0,0,20,48",)))

    assert plain.defect
    assert (plain.ignored_fraction, plain.judged_fraction) == (0.0, 1.0)
    assert not ignored.defect
    assert ignored.ignored_fraction == pytest.approx(120 / 48 / 64, abs=1e-6)
    assert ignored.judged_fraction == pytest.approx(1 - 120 / 48 / 64, abs=1e-6)
    assert (tifffile.imread(ignored.outputs.map)[18:28, 28:40] == 0).all()
    assert not cared.defect
    assert cared.judged_fraction == pytest.approx(20 / 64, abs=1e-6)


def test_text_in_an_ignored_area_has_no_say_in_the_grey_scale(tmp_path):
    deep = np.random.default_rng(0).integers(1000, 1300, (60, 80)).astype(np.uint16)
    text = deep.copy()
    text[5:15, 5:40] = 65535
    tifffile.imwrite(tmp_path / "a.tif", text)
    read = ReadSettings(ignore=("5,5,35,10",))

    image = clean(read_image(tmp_path / "a.tif", read), read)

    assert np.abs(image.values[20:] - (deep[20:] - 1000.0) / 300).max() < 0.02
    assert not image.judged[5:15, 5:40].any()


def test_nothing_left_to_judge_is_an_error_of_that_image(tmp_path, grey, save_png, inspect):
    (record,) = inspect(save_png(tmp_path / "a.png", grey()), read=ReadSettings(ignore=("0,0,64,48",)))

    assert record.status == "error"
    assert "leave 0 pixels to judge" in record.error


def test_300_grey_levels_of_65536_are_inspected_as_well_as_their_8_bit_stretch(tmp_path, inspect):
    settings = SynthSettings(rows=160, cols=192, pitch=16, seed=5, bits=16)
    full = make_image(settings, ("bridge",)).pixels / 65535
    low, high = np.quantile(full, (0.001, 0.999))
    stretched = np.clip((full - low) / (high - low), 0, 1)
    tifffile.imwrite(tmp_path / "narrow.tif", (31_000 + np.rint(stretched * 300)).astype(np.uint16))
    tifffile.imwrite(tmp_path / "stretched.tif", np.rint(stretched * 255).astype(np.uint8))

    for method in ("model", "periodic"):
        narrow, wide = inspect(tmp_path / "narrow.tif", tmp_path / "stretched.tif", method=(method,))
        assert narrow.score == pytest.approx(wide.score, rel=0.02)
        found, same = (cv2.imread(record.outputs.mask, -1) > 0 for record in (narrow, wide))
        assert (found & same).sum() > 0.95 * (found | same).sum() > 0


def test_training_sees_neither_bar_nor_ignored_area(tmp_path, save_png):
    for name in "abc":
        pixels = make_image(SynthSettings(rows=160, cols=192, pitch=16, seed=ord(name))).pixels
        pixels[20:50, 30:90] = 255
        save_png(tmp_path / "good" / f"{name}.png", with_bar(pixels))
    read = ReadSettings(ignore=("30,20,60,30",))

    found = open_good(find_layout(tmp_path), read, print)

    assert found.cache[0].shape == (160, 192)
    assert (found.cache[0] == 1).mean() < 0.01
    assert found.cache.ignored_mask(0).sum() == 1800
    split, rng = Split(tuple(TrainPart(n, 160, 192) for n in range(3)), (), ""), np.random.default_rng(0)
    ignored = np.where(found.cache.ignored_mask(0), 9.0, 0.0)
    found.cache._held.update({n: ignored.astype(np.float16) for n in range(3)})
    assert all(crop(found.cache, split, 64, rng).max() == 0 for _ in range(50))


def test_the_network_sees_no_text_in_an_ignored_area(tmp_path, model, save_png):
    method = ModelMethod(read_model_folder(model))
    lines = np.tile(np.where(np.arange(96) % 12 < 6, 90, 110), (80, 1)).astype(np.uint8)
    text = lines.copy()
    text[20:30, 20:50] = 255
    read = ReadSettings(ignore=("20,20,30,10",))
    path = save_png(tmp_path / "a.png", text)

    raw = method(clean(read_image(path, read), read)).raw

    assert raw.max() < 0.1  # the text itself would reach over the rim of its area
    assert method(clean(read_image(path, ReadSettings()), ReadSettings())).raw.max() > 1
