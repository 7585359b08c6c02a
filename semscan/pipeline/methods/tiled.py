"""The one way from an image to a network: rows, inpainting, shrinking, standardising, tiles, and back to a map.

Inspect, evaluate, calibrate and the checks of a training come here through `semscan.pipeline.methods.model`, explain
through `semscan.pipeline.explaining.activations`. So a network is fed the same in all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from semscan.image.brightness import Matching, matching
from semscan.image.filling.inpaint import inpaint_ignored
from semscan.image.resize import fit_within
from semscan.image.tiling import cheapest_tile, cut_tiles, judged_rows, pad_to_tile, tile_offsets
from semscan.maps.stitch import Stitcher
from semscan.values import CleanImage
from semscan.values.model.config import ModelConfig, Preprocessing

Offsets = Sequence[tuple[int, int]]


def standardise(values: np.ndarray, preprocessing: Preprocessing) -> np.ndarray:
    """Return grey levels, float32 of any shape, as a network takes them: mean 0 and deviation 1 in training."""
    return (values - np.float32(preprocessing.mean)) / np.float32(preprocessing.std)


class TiledImage:
    """An image cut into the tiles of a network.

    Parameters
    ----------
    image : CleanImage
        At the scale of the training images, see `semscan.pipeline.methods.training_domain`.
    config : ModelConfig

    Attributes
    ----------
    rows : slice
        The rows of `image` that the network sees.
    grey : ndarray of float32
        The grey levels of these rows, with small ignored areas inpainted.
    tile : int
        Side of the tiles, pixels.
    offsets : sequence of (row, col)
        Top left corners of the tiles, in the padded image.
    """

    def __init__(self, image: CleanImage, config: ModelConfig) -> None:
        tiling = config.tiling
        self.rows = judged_rows(image)
        self.grey = inpaint_ignored(image.values[self.rows], image.judged[self.rows])
        fitted = fit_within(self.grey, tiling.scale_to, tiling.largest_image) if tiling.scale_to else self.grey
        self.shape: tuple[int, int] = fitted.shape
        self.tile = cheapest_tile(fitted.shape, tiling.tile, tiling.largest_tile, tiling.overlap)
        self._overlap = tiling.overlap
        self._preprocessing = config.preprocessing
        self._matching = matching(fitted) if config.preprocessing.matched else Matching()
        fitted = self._matching.applied(fitted)
        self._padded = pad_to_tile(standardise(fitted, config.preprocessing), self.tile, tiling.rim)
        self.offsets: Offsets = tile_offsets(self._padded.shape, self.tile, tiling.overlap)

    def batches(self, count: int) -> Iterator[tuple[Offsets, np.ndarray]]:
        """Yield the corners of at most `count` tiles, and the standardised tiles, float32 (n, tile, tile)."""
        for start in range(0, len(self.offsets), count):
            some = self.offsets[start : start + count]
            yield some, cut_tiles(self._padded, some, self.tile)

    def stitcher(self) -> Stitcher:
        """Return what blends maps of the tiles, (tile, tile) each, into one."""
        return Stitcher(self.offsets, self._padded.shape, self.tile, self._overlap)

    def blended(self, stitcher: Stitcher) -> np.ndarray:
        """Return the blended map without padding, float32, the size at which the network saw the image."""
        rows, cols = self.shape
        return stitcher.result()[:rows, :cols]

    def grey_levels(self, standard: np.ndarray) -> np.ndarray:
        """Return standardised values of the network, such as its reconstruction, as grey levels of the image."""
        preprocessing = self._preprocessing
        return self._matching.undone(standard * np.float32(preprocessing.std) + np.float32(preprocessing.mean))

    def without_padding(self, grid: np.ndarray) -> np.ndarray:
        """Return the part of a coarse map of the padded image, (r, c, ...), that lies in the image."""
        high = -(-self.shape[0] * grid.shape[0] // self._padded.shape[0])
        wide = -(-self.shape[1] * grid.shape[1] // self._padded.shape[1])
        return grid[:high, :wide]


def resized(values: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return a map, float32 (r, c), at another size, (rows, cols); bilinear."""
    rows, cols = shape
    return cv2.resize(values, (cols, rows), interpolation=cv2.INTER_LINEAR)
