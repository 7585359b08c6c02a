"""Windows of a TIFF page."""

import numpy as np
import pytest
import tifffile

from semscan.errors import BadImageError
from semscan.files.images.tiff_windows import open_windows

WINDOWS = [
    (slice(0, 300), slice(0, 437)),
    (slice(13, 170), slice(50, 433)),
    (slice(64, 128), slice(48, 96)),
    (slice(299, 300), slice(436, 437)),
    (slice(250, 999), slice(None)),
]


def pixels(dtype):
    return (np.random.default_rng(0).random((300, 437)) * 200).astype(dtype)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", ">u2", "float32"])
@pytest.mark.parametrize(
    "layout",
    [
        {"rowsperstrip": 7},
        {"rowsperstrip": 300},
        {"tile": (64, 48)},
        {"tile": (64, 48), "compression": "zlib"},
        {"rowsperstrip": 7, "compression": "zlib"},
        {"rowsperstrip": 300, "compression": "lzma"},
        {"tile": (64, 64), "bigtiff": True},
    ],
)
def test_a_window_is_that_part_of_the_page(dtype, layout, tmp_path):
    image = pixels(dtype)
    order = ">" if dtype.startswith(">") else "<"
    tifffile.imwrite(tmp_path / "a.tif", image, photometric="minisblack", byteorder=order, **layout)

    with open_windows(tmp_path / "a.tif", 0, above=1000) as windows:
        assert windows.dtype == image.dtype.newbyteorder("=")
        for window in WINDOWS:
            assert (windows[window] == image[window]).all()


def test_tiles_that_were_unpacked_are_kept_within_limits(tmp_path, monkeypatch):
    monkeypatch.setattr("semscan.files.images.tiff_windows.KEPT_BYTES", 3 * 64 * 64)
    image = pixels("uint8")
    tifffile.imwrite(tmp_path / "a.tif", image, photometric="minisblack", tile=(64, 64), compression="zlib")

    with open_windows(tmp_path / "a.tif", 0, above=1000) as windows:
        for _ in range(2):
            assert (windows[:, :] == image).all()
        assert len(windows._kept) <= 3


def test_white_may_be_zero(tmp_path):
    image = pixels("uint8")
    tifffile.imwrite(tmp_path / "a.tif", image, photometric="miniswhite", tile=(64, 64))

    with open_windows(tmp_path / "a.tif", 0, above=1000) as windows:
        assert windows.inverted
        assert (windows[10:20, 30:50] == 255 - image[10:20, 30:50]).all()


def test_the_page_that_is_asked_for_is_read(tmp_path):
    pages = np.stack([pixels("uint8"), 255 - pixels("uint8")])
    tifffile.imwrite(tmp_path / "a.tif", pages, photometric="minisblack", tile=(64, 64))

    with open_windows(tmp_path / "a.tif", 1, above=1000) as windows:
        assert windows.pages == 2
        assert (windows[5:9, 7:11] == pages[1, 5:9, 7:11]).all()


@pytest.mark.parametrize(
    ("image", "options"),
    [
        (pixels("uint8"), {}),  # too small
        (pixels("float64"), {}),
        (pixels("int16"), {}),
        (np.zeros((300, 437, 3), np.uint8), {"photometric": "rgb"}),
        (pixels("float32"), {"photometric": "miniswhite"}),
    ],
)
def test_other_pages_are_left_to_the_whole_image_way(image, options, tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", image, tile=(64, 64), **{"photometric": "minisblack", **options})
    above = 1 << 20 if image.dtype == np.uint8 and image.ndim == 2 else 1000

    assert open_windows(tmp_path / "a.tif", 0, above=above) is None


def test_a_page_in_one_huge_strip_is_read_as_a_whole_if_compressed(tmp_path, monkeypatch):
    monkeypatch.setattr("semscan.files.images.tiff_windows.LARGEST_SEGMENT", 1000)
    for name, compression in (("packed", "zlib"), ("plain", None)):
        options = {"photometric": "minisblack", "rowsperstrip": 300, "compression": compression}
        tifffile.imwrite(tmp_path / f"{name}.tif", pixels("uint8"), **options)

    assert open_windows(tmp_path / "packed.tif", 0, above=1000) is None
    with open_windows(tmp_path / "plain.tif", 0, above=1000) as windows:
        assert windows.segment_bytes == 0


def test_a_damaged_tile_is_an_error_when_it_is_read(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, pixels("uint8"), photometric="minisblack", tile=(64, 64), compression="zlib")
    with tifffile.TiffFile(path) as tiff:
        place = tiff.pages[0].dataoffsets[8]  # the second of the second row
    with path.open("r+b") as file:
        file.seek(place)
        file.write(b"\xff" * 50)

    with open_windows(path, 0, above=1000) as windows:
        windows[0:64, 0:64]
        with pytest.raises(BadImageError, match="damaged around row 64, column 64"):
            windows[0:128, 0:128]
