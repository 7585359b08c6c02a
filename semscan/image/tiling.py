"""Cut an image into tiles of the network's size, on an even grid that covers it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from semscan.values import CleanImage

# The networks sample every 16th pixel in their deepest layer: tiles that lie a multiple of it
# apart see the same samples and agree, others differ by ten times as much.
PHASE = 16


def tile_offsets(shape: tuple[int, int], tile: int, overlap: int) -> list[tuple[int, int]]:
    """Return the top left corners, (row, col), of the tiles that cover an image.

    The fewest tiles that overlap by at least `overlap` pixels are spread evenly; the first
    lies flush with the top left, the last with the bottom right, those between at multiples
    of 16, so that any grid of an image samples it alike. An axis shorter than a tile gets
    one, at 0 (see `pad_to_tile`).

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the image.
    tile : int
        Side of a tile, pixels.
    overlap : int
        Least overlap of neighbours, pixels, ``0 <= overlap < tile``.

    Raises
    ------
    ValueError
        If `overlap` does not fit.

    Examples
    --------
    >>> tile_offsets((64, 100), 64, 16)
    [(0, 0), (0, 36)]
    """
    if not 0 <= overlap < tile:
        raise ValueError(f"overlap must be 0 to {tile - 1}, got {overlap}")
    rows, cols = (_along(size, tile, overlap) for size in shape)
    return [(row, col) for row in rows for col in cols]


def cheapest_tile(shape: tuple[int, int], smallest: int, largest: int | None, overlap: int) -> int:
    """Return the tile side that covers an image with the fewest pixels in all tiles; the smallest of equals.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the image.
    smallest, largest : int
        Sides to choose from, in steps of 16; without a largest there is no choice.
    overlap : int
        Least overlap of neighbours, pixels.

    Examples
    --------
    >>> cheapest_tile((1024, 1024), 256, 384, 96), cheapest_tile((1024, 1024), 256, None, 96)
    (336, 256)
    """

    def cost(tile: int) -> int:
        return len(_along(shape[0], tile, overlap)) * len(_along(shape[1], tile, overlap)) * tile**2

    return min(range(smallest, (largest or smallest) + 1, PHASE), key=cost)


def _along(size: int, tile: int, overlap: int) -> list[int]:
    if size <= tile:
        return [0]
    phase = PHASE if tile - overlap >= PHASE else 1
    last = size - tile
    units = -(-last // phase)
    gaps = -(-units // ((tile - overlap) // phase))
    return [min((step * units + gaps // 2) // gaps * phase, last) for step in range(gaps + 1)]


def pad_to_tile(values: np.ndarray, tile: int, rim: int = 0) -> np.ndarray:
    """Mirror an image at its bottom and right edge until both sides are at least `tile`.

    A side that is longer than that grows by `rim`: the edge of the image is then as far from that of the last tile as
    it was in training, where smaller images were mirrored to fill a tile.

    Examples
    --------
    >>> pad_to_tile(np.array([[1.0, 2.0, 3.0]]), 5)[0].tolist()
    [1.0, 2.0, 3.0, 2.0, 1.0]
    >>> pad_to_tile(np.zeros((20, 8)), 16, 2).shape
    (22, 16)
    """
    down, right = (max(0, tile - size) if size <= tile else rim for size in values.shape)
    if down == right == 0:
        return values
    return np.pad(values, ((0, down), (0, right)), mode="reflect")


def cut_tiles(values: np.ndarray, offsets: Sequence[tuple[int, int]], tile: int) -> np.ndarray:
    """Cut tiles out of an image whose sides are at least `tile`.

    Returns
    -------
    ndarray of float32, shape (len(offsets), tile, tile)
        Copies, in the order of `offsets`.

    Raises
    ------
    ValueError
        If a tile does not lie inside the image.
    """
    tiles = np.empty((len(offsets), tile, tile), np.float32)
    rows, cols = values.shape
    for number, (row, col) in enumerate(offsets):
        if not (0 <= row <= rows - tile and 0 <= col <= cols - tile):
            raise ValueError(f"a tile of {tile} at ({row}, {col}) leaves the {rows} x {cols} image; pad it first")
        tiles[number] = values[row : row + tile, col : col + tile]
    return tiles


def judged_rows(image: CleanImage) -> slice:
    """Return the rows shown to the network: from the first to the last that hold a judged pixel."""
    rows = np.flatnonzero(image.judged.any(axis=1))
    return slice(int(rows[0]), int(rows[-1]) + 1) if rows.size else slice(0, 0)


def centre_window(shape: tuple[int, ...], side: int) -> tuple[slice, slice]:
    """Return the rows and columns of the central square of an image, `side` px or as large as the image is.

    Examples
    --------
    >>> centre_window((10, 3), 4)
    (slice(3, 7, None), slice(0, 4, None))
    """
    top, left = (max(0, (size - side) // 2) for size in shape)
    return slice(top, top + side), slice(left, left + side)
