import os
from pathlib import Path

import numpy as np
import pytest
import tifffile

from semscan.errors import BadImageError
from semscan.files.read import read_image
from semscan.files.vendor import data_bar
from semscan.settings import ReadSettings

REAL = os.environ.get("SEMSCAN_REAL_DATA")
FEI_TEXT = "[User]\r\nDate=1\r\n[Image]\r\nResolutionX={cols}\r\nResolutionY={rows}\r\n[PrivateFei]\r\n{bar}"


def fei_file(path, shape, text, tag=34682):
    noise = np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)
    data = text.encode() + b"\0"
    tifffile.imwrite(path, noise, extratags=[(tag, 2, len(data), data, True)])
    return path


@pytest.mark.parametrize("tag", [34680, 34682])
def test_fei_bar_is_read_from_a_file(tmp_path, tag):
    text = FEI_TEXT.format(cols=64, rows=50, bar="DatabarHeight=8\r\n")

    image = read_image(fei_file(tmp_path / "a.tif", (58, 64), text, tag), ReadSettings())

    assert image.data_bar_rows == 8
    assert image.metadata["data_bar_from"] == "FEI [PrivateFei] DatabarHeight"
    assert image.pixels.shape == (58, 64)


@pytest.mark.parametrize(
    "text", ["", "[", "no sections at all", "[PrivateFei]\r\nDatabarHeight=many\r\n", "[Image]\r\n=\r\n"]
)
def test_malformed_fei_tags_never_stop_reading(tmp_path, text, capfd):
    image = read_image(fei_file(tmp_path / "a.tif", (58, 64), text), ReadSettings())

    assert image.data_bar_rows == 0
    assert capfd.readouterr() == ("", "")


def tags(bar=None, rows=None, cols=None):
    image = {key: value for key, value in (("ResolutionX", cols), ("ResolutionY", rows)) if value is not None}
    return {34682: {"PrivateFei": {} if bar is None else {"DatabarHeight": bar}, "Image": image}}


@pytest.mark.parametrize(
    ("stated", "rows"),
    [
        (tags(bar=29, rows=442, cols=512), 29),
        (tags(bar=29), 29),
        (tags(rows=442, cols=512), 29),
        (tags(bar=60, rows=442, cols=512), 29),
        (tags(bar=29, rows=471, cols=512), 0),
        (tags(), 0),
        ({}, 0),
        ({34682: "raw text"}, 0),
        ({34682: {"PrivateFei": 3}}, 0),
    ],
    ids=["both", "tag", "page less scan", "scan wins", "bar not stored", "neither", "no tags", "text", "odd"],
)
def test_fei_bar_height(stated, rows):
    bar = data_bar(stated, 471, 512)

    assert bar.rows == rows
    assert bar.warnings == ()


@pytest.mark.parametrize(
    "stated",
    [
        tags(bar=29, rows=884, cols=1024),
        tags(bar=400),
        tags(bar=-3),
        tags(bar=29, rows=900, cols=512),
    ],
    ids=["resized", "too high", "negative", "cropped"],
)
def test_impossible_fei_bar_is_told_and_not_taken(stated):
    bar = data_bar(stated, 471, 512)

    assert bar.rows == 0
    assert "--databar" in bar.warnings[0]


def real(name):
    if REAL is None or not (Path(REAL) / "vendor_tiff" / name).exists():
        pytest.skip("SEMSCAN_REAL_DATA names no folder with vendor_tiff/" + name)
    return Path(REAL) / "vendor_tiff" / name


@pytest.mark.parametrize(
    ("name", "dtype"), [("FEI-Helios-Ebeam-8bits.tif", "uint8"), ("FEI-Helios-Ebeam-16bits.tif", "uint16")]
)
def test_real_fei_files_keep_their_depth_and_state_their_bar(name, dtype):
    image = read_image(real(name), ReadSettings())

    assert (image.pixels.dtype, image.pixels.shape, image.data_bar_rows) == (dtype, (471, 512), 29)
    assert image.pixels[-29:].max() > 0


def test_real_fei_file_with_no_pixel_left_is_refused():
    path = real("FEI-Helios-navcam.tif")

    with pytest.raises(BadImageError, match="every pixel has the value 0"):
        read_image(path, ReadSettings())


@pytest.mark.parametrize("name", ["test_tiff_Zeiss_SEM_1k.tif", "zeiss_nanowires_125nm_03.tif"])
def test_real_zeiss_palette_files_are_grey(name):
    image = read_image(real(name), ReadSettings())

    indices = tifffile.imread(real(name))
    assert (image.pixels.dtype, image.pixels.shape, image.warnings) == (np.uint8, (768, 1024), ())
    assert (image.pixels[:690] == indices[:690]).mean() > 0.99
