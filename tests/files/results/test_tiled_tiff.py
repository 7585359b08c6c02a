"""Pictures that are written as tiles, row by row."""

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from semscan.files.results.tiled.png_rows import PngRows
from semscan.files.results.tiled.tiled_tiff import COLOUR_TILES, DEEP_GREY_TILES, GREY_TILES, MAP_TILES, TILE, TiledTiff

SHAPE = (2 * TILE + 277, TILE + 265)  # odd sides, parts of tiles


def written(path, image, form, step=300):
    with path.open("w+b") as file:
        tiff = TiledTiff(file, image.shape[:2], form)
        for top in range(0, len(image), step):
            tiff.push(image[top : top + step])
        tiff.describe('{"a": 1}')
        tiff.finish()
    return path


@pytest.mark.parametrize("form", [MAP_TILES, GREY_TILES, DEEP_GREY_TILES])
@pytest.mark.parametrize("step", [1, 300, 5000])
def test_what_was_pushed_is_read_back(form, step, tmp_path):
    image = (np.random.default_rng(0).random(SHAPE) * 200).astype(form.dtype)

    path = written(tmp_path / "a.tif", image, form, step)

    with tifffile.TiffFile(path) as tiff:
        assert tiff.is_bigtiff
        assert tiff.pages[0].description == '{"a": 1}'
        assert (tiff.pages[0].asarray() == image).all()
        assert len(tiff.series[0].levels) == 3  # viewers take the level they need
    with Image.open(path) as picture:  # libtiff reads it too
        assert (np.asarray(picture) == image).all()


def test_overviews_of_a_map_keep_the_largest_value(tmp_path):
    image = np.zeros(SHAPE, np.float32)
    image[700, 500] = 0.9
    image[-1, -1] = 0.8

    path = written(tmp_path / "a.tif", image, MAP_TILES)

    with tifffile.TiffFile(path) as tiff:
        half, quarter = (page.asarray() for page in tiff.pages[1:])
        assert (half.shape, quarter.shape) == ((651, 389), (326, 195))
        assert half[350, 250] == quarter[175, 125] == np.float32(0.9)
        assert half[-1, -1] == quarter[-1, -1] == np.float32(0.8)
        assert np.count_nonzero(half) == 2


def test_colours_are_jpeg_tiles_that_libtiff_reads(tmp_path):
    image = cv2.GaussianBlur((np.random.default_rng(0).random((*SHAPE, 3)) * 255).astype(np.uint8), (0, 0), 4)

    path = written(tmp_path / "a.tif", image, COLOUR_TILES)

    with Image.open(path) as picture:
        assert np.abs(np.asarray(picture)[..., ::-1].astype(int) - image).max() < 16
        picture.seek(1)
        assert picture.size == (389, 651)


def test_windows_are_read_while_the_file_is_open(tmp_path):
    image = np.random.default_rng(0).random(SHAPE, np.float32)
    with (tmp_path / "a.tif").open("w+b") as file:
        tiff = TiledTiff(file, SHAPE, MAP_TILES)
        tiff.push(image)

        assert (tiff[100:700, 500:700] == image[100:700, 500:700]).all()
        assert (tiff[:, :] == image).all()


def test_a_mask_is_written_row_by_row(tmp_path):
    mask = (np.random.default_rng(0).random((77, 33)) > 0.5).astype(np.uint8) * 255
    with (tmp_path / "m.png").open("wb") as file:
        png = PngRows(file, mask.shape)
        png.push(mask[:50])
        png.push(mask[50:])
        png.finish()

    assert (cv2.imread(str(tmp_path / "m.png"), cv2.IMREAD_UNCHANGED) == mask).all()
