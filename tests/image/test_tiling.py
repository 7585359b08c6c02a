import numpy as np
import pytest

from semscan.image.tiling import PHASE, cut_tiles, judged_rows, pad_to_tile, tile_offsets
from semscan.values import CleanImage
from semscan.values.model.config import Tiling


@pytest.mark.parametrize("tile", [16, 64, 255])
@pytest.mark.parametrize("overlap", [0, 7, 15])
def test_tiles_cover_every_pixel_evenly_with_the_overlap_asked_for(tile, overlap):
    for size in range(tile, 5 * tile, 13):
        starts = [col for _, col in tile_offsets((tile, size), tile, overlap)]
        steps = np.diff(starts)
        assert (starts[0], starts[-1]) == (0, size - tile)
        assert steps.size == 0 or (steps.min() > 0 and steps.max() <= tile - overlap)
        assert steps.size < 2 or np.ptp(steps[:-1]) <= PHASE


def test_all_tiles_but_the_last_lie_where_every_grid_samples_alike():
    for overlap in (32, 64, 96, 100):
        starts = [col for _, col in tile_offsets((256, 1000), 256, overlap)]
        assert not any(start % PHASE for start in starts[:-1])


def test_no_tile_more_than_needed():
    assert tile_offsets((256, 448), 256, 64) == [(0, 0), (0, 192)]
    assert [len(tile_offsets((256, cols), 256, 64)) for cols in (449, 640, 641)] == [3, 3, 4]


def test_offsets_run_row_by_row():
    assert tile_offsets((20, 20), 16, 0) == [(0, 0), (0, 4), (4, 0), (4, 4)]


def test_an_image_smaller_than_a_tile_has_one():
    assert tile_offsets((10, 10), 16, 4) == [(0, 0)]


@pytest.mark.parametrize("overlap", [-1, 16, 100])
def test_an_overlap_of_a_whole_tile_is_refused(overlap):
    with pytest.raises(ValueError, match="overlap must be 0 to 15"):
        tile_offsets((64, 64), 16, overlap)


def test_small_images_are_mirrored_at_the_far_edges():
    values = np.array([[1, 2], [3, 4]], np.float32)

    assert pad_to_tile(values, 5).tolist() == [
        [1, 2, 1, 2, 1],
        [3, 4, 3, 4, 3],
        [1, 2, 1, 2, 1],
        [3, 4, 3, 4, 3],
        [1, 2, 1, 2, 1],
    ]
    assert pad_to_tile(values, 2) is values


def test_tiles_are_the_pixels_at_their_offsets():
    values = np.arange(24 * 30, dtype=np.float32).reshape(24, 30)
    offsets = tile_offsets(values.shape, 16, 2)

    tiles = cut_tiles(values, offsets, 16)

    assert (tiles.shape, tiles.dtype) == ((4, 16, 16), np.float32)
    for tile, (row, col) in zip(tiles, offsets, strict=True):
        assert np.array_equal(tile, values[row : row + 16, col : col + 16])


@pytest.mark.parametrize("offset", [(1, 0), (0, 1), (-1, 0)])
def test_a_tile_outside_the_image_is_refused(offset):
    with pytest.raises(ValueError, match="leaves the 16 x 16 image"):
        cut_tiles(np.zeros((16, 16), np.float32), [offset], 16)


def test_the_network_sees_the_rows_above_the_bar():
    judged = np.ones((20, 8), bool)
    judged[15:] = False
    judged[:, 3] = False

    assert judged_rows(CleanImage(np.zeros((20, 8), np.float32), judged)) == slice(0, 15)
    assert judged_rows(CleanImage(np.zeros((2, 2), np.float32), np.zeros((2, 2), bool))) == slice(0, 0)


@pytest.mark.parametrize(
    ("tiling", "rim"),
    [
        (Tiling(128, 64, scale_to=128, largest_image=112), 16),
        (Tiling(384, 96, scale_to=384, largest_image=1024), 0),
        (Tiling(128, 64, scale_to=128), 0),
        (Tiling(256, 96, largest_image=200), 0),
    ],
)
def test_a_larger_image_ends_as_far_from_its_last_tile_as_those_of_training(tiling, rim):
    assert tiling.rim == rim
    assert pad_to_tile(np.zeros((512, 100), np.float32), 128, rim).shape == (512 + rim, 128)
