"""Blend overlapping tile maps into one map without seams."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

RIM_DIVISOR = 4  # the outer quarter of an overlap has no weight: there the network's zero padding reaches in
LEAST_WEIGHT = 1e-4  # ... unless no other tile covers it, as at the border of the image


class Stitcher:
    """Blends tile maps as they come, in memory of one image.

    The weight of a tile falls from its middle to its border as a raised cosine over the
    overlap. Rows and columns are weighted separately, and along each of them the weights of all
    tiles over a pixel are divided by their sum: they sum to one everywhere, whatever the grid.

    Parameters
    ----------
    offsets : sequence of (int, int)
        Row and column of each tile's first pixel: every one of some rows with every one of some columns.
    shape : (int, int)
        Rows and columns of the whole map; the tiles cover it.
    tile, overlap : int
        Tile side and the least overlap of neighbours, pixels.
    """

    def __init__(self, offsets: Sequence[tuple[int, int]], shape: tuple[int, int], tile: int, overlap: int) -> None:
        tops, lefts = sorted({top for top, _ in offsets}), sorted({left for _, left in offsets})
        if len(tops) * len(lefts) != len(offsets):
            raise ValueError(f"{len(offsets)} tiles are not a grid of {len(tops)} rows and {len(lefts)} columns")
        self._tile = tile
        self._row_weights = _axis_weights(tops, shape[0], tile, overlap)
        self._col_weights = _axis_weights(lefts, shape[1], tile, overlap)
        self._sum = np.zeros(shape, np.float32)

    def add(self, offsets: Iterable[tuple[int, int]], tile_maps: Iterable[np.ndarray]) -> None:
        """Add tile maps, each (tile, tile), at their offsets. Each tile of the grid is added once."""
        for (top, left), tile_map in zip(offsets, tile_maps, strict=True):
            window = self._row_weights[top][:, np.newaxis] * self._col_weights[left]
            self._sum[top : top + self._tile, left : left + self._tile] += window * tile_map

    def result(self) -> np.ndarray:
        """Return the blended map, float32, of the whole shape."""
        return self._sum


class BandStitcher:
    """Blends tile maps as `Stitcher` does, in memory of one row of tiles.

    Parameters
    ----------
    offsets, shape, tile, overlap
        As in `Stitcher`.
    """

    def __init__(self, offsets: Sequence[tuple[int, int]], shape: tuple[int, int], tile: int, overlap: int) -> None:
        self.tops, self.lefts = sorted({top for top, _ in offsets}), sorted({left for _, left in offsets})
        self._tile = tile
        self._row_weights = _axis_weights(self.tops, shape[0], tile, overlap)
        self._col_weights = _axis_weights(self.lefts, shape[1], tile, overlap)
        self._sum = np.zeros((tile, shape[1]), np.float32)

    def add(self, top: int, lefts: Iterable[int], tile_maps: Iterable[np.ndarray]) -> None:
        """Add maps of the row of tiles at `top`, each (tile, tile), by their first columns."""
        down = self._row_weights[top][:, np.newaxis]
        for left, tile_map in zip(lefts, tile_maps, strict=True):
            self._sum[:, left : left + self._tile] += down * self._col_weights[left] * tile_map

    def finish(self, top: int) -> np.ndarray:
        """Return the rows from `top` to the next row of tiles, blended; all tiles at `top` have been added."""
        place = self.tops.index(top)
        count = self.tops[place + 1] - top if place + 1 < len(self.tops) else self._tile
        rows = self._sum[:count].copy()
        self._sum[: self._tile - count] = self._sum[count:].copy()
        self._sum[self._tile - count :] = 0
        return rows


def stitch(
    tile_maps: Iterable[np.ndarray],
    offsets: Sequence[tuple[int, int]],
    shape: tuple[int, int],
    tile: int,
    overlap: int,
) -> np.ndarray:
    """Blend tile maps into one map; see `Stitcher` for the weights.

    Parameters
    ----------
    tile_maps : iterable of ndarray, each (tile, tile)
        Raw scores, in the order of `offsets`.
    offsets, shape, tile, overlap
        As in `Stitcher`.

    Returns
    -------
    ndarray of float32, shape `shape`
        In the units of the tile maps.

    Examples
    --------
    >>> whole = np.arange(16.0).reshape(4, 4)
    >>> offsets = [(0, 0), (0, 1), (1, 0), (1, 1)]
    >>> parts = [whole[top : top + 3, left : left + 3] for top, left in offsets]
    >>> bool(np.allclose(stitch(parts, offsets, (4, 4), 3, 2), whole))
    True
    """
    stitcher = Stitcher(offsets, shape, tile, overlap)
    stitcher.add(offsets, tile_maps)
    return stitcher.result()


def _axis_weights(starts: list[int], length: int, tile: int, overlap: int) -> dict[int, np.ndarray]:
    """Return the weights of each tile along one axis, by its start; over each pixel they sum to one."""
    depth = np.minimum(np.arange(tile), np.arange(tile)[::-1]) + 0.5
    lost = overlap / RIM_DIVISOR
    ramp = np.clip((depth - lost) / max(overlap - 2 * lost, 1.0), 0.0, 1.0)
    window = np.maximum(np.sin(ramp * np.pi / 2) ** 2, LEAST_WEIGHT)
    total = np.zeros(length)
    for start in starts:
        total[start : start + tile] += window
    return {start: (window / total[start : start + tile]).astype(np.float32) for start in starts}
