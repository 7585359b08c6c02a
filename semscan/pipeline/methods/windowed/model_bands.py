"""A network on a large image: one row of its tiles after the other, blended to bands of the raw map."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from semscan.image.brightness import Matching, matching
from semscan.image.tiling import cheapest_tile, tile_offsets
from semscan.maps.neighbourhood import add_neighbourhood
from semscan.maps.stitch import BandStitcher
from semscan.pipeline.methods.tiled import standardise
from semscan.plane import Plane
from semscan.values.model.config import ModelConfig

SAMPLES = 1 << 22  # pixels that show the brightness of an image
KERNEL = 4.0  # standard deviations that a Gaussian of OpenCV reaches

Score = Callable[[np.ndarray], np.ndarray]


class TiledBands:
    """An image as rows of the tiles of a network: those that `TiledImage` cuts of the whole image.

    Parameters
    ----------
    values : Plane
        The judged rows, at the scale of the training images.
    config : ModelConfig
        Of a network that sees images at their own size.
    """

    def __init__(self, values: Plane, config: ModelConfig) -> None:
        tiling = config.tiling
        self._values = values
        self._preprocessing = config.preprocessing
        rows, cols = values.shape
        self.tile = cheapest_tile((rows, cols), tiling.tile, tiling.largest_tile, tiling.overlap)
        self._matching = matching(_sample(values)) if config.preprocessing.matched else Matching()
        down, right = (self.tile - side if side <= self.tile else tiling.rim for side in (rows, cols))
        self._right = right
        padded = (rows + down, cols + right)
        self._stitcher = BandStitcher(
            tile_offsets(padded, self.tile, tiling.overlap), padded, self.tile, tiling.overlap
        )

    def scores(self, score: Score, count: int) -> Iterator[np.ndarray]:
        """Yield the raw map band by band, float32 (n, cols); `score` scores at most `count` tiles, (n, tile, tile)."""
        rows, cols = self._values.shape
        done = 0
        for top in self._stitcher.tops:
            band = self._padded(top)
            lefts = self._stitcher.lefts
            for start in range(0, len(lefts), count):
                some = lefts[start : start + count]
                tiles = np.stack([band[:, left : left + self.tile] for left in some])
                self._stitcher.add(top, some, score(tiles))
            blended = self._stitcher.finish(top)[: rows - done, :cols]
            done += len(blended)
            yield blended

    def _padded(self, top: int) -> np.ndarray:
        """Return the rows of tiles at `top`, standardised; mirrored beyond the image as `pad_to_tile` does."""
        rows, cols = self._values.shape
        stop = min(top + self.tile, rows)
        beyond = top + self.tile - stop
        # rows above the edge that are mirrored below it may begin before the tiles
        first = min(top, max(0, rows - 1 - beyond)) if beyond else top
        band = self._values[slice(first, stop), slice(0, cols)]
        band = standardise(self._matching.applied(band), self._preprocessing)
        return np.pad(band, ((0, beyond), (0, self._right)), mode="reflect")[top - first :]


def _sample(values: Plane) -> np.ndarray:
    """Return every second row of an image, or fewer of a large one; `matching` takes every second of them."""
    rows, cols = values.shape
    step = max(1, rows * cols // 4 // SAMPLES)
    return np.concatenate([values[slice(row, row + 1), slice(0, cols)] for row in range(0, rows, step)])


def with_neighbourhood(bands: Iterator[np.ndarray], rows: int, share: float, reach: float) -> Iterator[np.ndarray]:
    """Add to the bands of a raw map a share of the mean around each pixel, as `add_neighbourhood` does to a whole map.

    Parameters
    ----------
    bands : iterator of ndarray, shape (n, cols)
    rows : int
        Of all bands together and of what lies below them, where the map is 0.
    share, reach : float
        As for `add_neighbourhood`.
    """
    if not share:
        yield from bands
        return
    halo = int(np.ceil(KERNEL * reach)) + 1
    held: list[np.ndarray] = []
    first = done = 0  # row of the first held one, and of the first one that has not been yielded
    judged = 0

    def raised(stop: int) -> np.ndarray:
        nonlocal held, first, done
        together = np.concatenate(held)
        result = add_neighbourhood(together, share, reach)[done - first : stop - first]
        keep = max(first, stop - halo)
        held, first, done = [together[keep - first :]], keep, stop
        return result

    for band in bands:
        held.append(band)
        judged += len(band)
        if judged - halo > done:
            yield raised(judged - halo)
    if not held:
        return
    below = min(rows - judged, halo)
    held.append(np.zeros((below, held[0].shape[1]), np.float32))
    if judged > done:
        yield raised(judged)
