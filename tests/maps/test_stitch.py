"""Tile maps become one map."""

import numpy as np
import pytest

from semscan.image.tiling import cut_tiles, tile_offsets
from semscan.maps.stitch import BandStitcher, Stitcher, stitch


@pytest.mark.parametrize("shape", [(32, 32), (33, 70), (100, 41), (64, 64)])
@pytest.mark.parametrize("overlap", [0, 1, 8, 16, 31])
def test_tiles_of_one_map_give_that_map_back(shape, overlap):
    whole = np.random.default_rng(3).random(shape, dtype=np.float32)
    offsets = tile_offsets(shape, 32, overlap)

    joined = stitch(cut_tiles(whole, offsets, 32), offsets, shape, 32, overlap)

    assert joined.dtype == np.float32
    np.testing.assert_allclose(joined, whole, rtol=1e-5)


def test_a_step_between_two_tiles_is_blended_without_a_seam():
    offsets = [(0, 0), (0, 16)]
    tiles = [np.zeros((32, 32), np.float32), np.ones((32, 32), np.float32)]

    row = stitch(tiles, offsets, (32, 48), 32, 16)[16]

    assert (row[:16] == 0).all()
    assert row[32:] == pytest.approx(1)
    assert (np.diff(row) >= 0).all()
    assert np.diff(row).max() < 0.35


def test_the_rim_of_a_tile_counts_for_nothing_where_another_tile_sees_it_whole():
    offsets = [(0, 0), (0, 16)]
    wrong_rim = np.zeros((32, 32), np.float32)
    wrong_rim[:, -1:] = 100

    assert stitch([wrong_rim, np.zeros((32, 32))], offsets, (32, 48), 32, 16).max() < 0.02


def test_adding_in_batches_changes_nothing():
    offsets = tile_offsets((60, 80), 32, 8)
    tiles = np.random.default_rng(1).random((len(offsets), 32, 32), dtype=np.float32)
    stitcher = Stitcher(offsets, (60, 80), 32, 8)
    for start in range(0, len(offsets), 4):
        stitcher.add(offsets[start : start + 4], tiles[start : start + 4])

    np.testing.assert_array_equal(stitcher.result(), stitch(tiles, offsets, (60, 80), 32, 8))


def test_offsets_that_are_no_grid_are_refused():
    with pytest.raises(ValueError, match="not a grid"):
        Stitcher([(0, 0), (3, 5)], (40, 40), 32, 8)


@pytest.mark.parametrize("shape", [(64, 90), (150, 70), (161, 161)])
def test_bands_are_the_rows_of_the_whole_map(shape):
    offsets = tile_offsets(shape, 64, 24)
    maps = np.random.default_rng(0).random((len(offsets), 64, 64), np.float32)
    whole = stitch(maps, offsets, shape, 64, 24)
    of = dict(zip(offsets, maps, strict=True))
    stitcher = BandStitcher(offsets, shape, 64, 24)
    bands = []
    for top in stitcher.tops:
        stitcher.add(top, stitcher.lefts, [of[top, left] for left in stitcher.lefts])
        bands.append(stitcher.finish(top))

    assert np.abs(np.concatenate(bands) - whole).max() < 1e-6
