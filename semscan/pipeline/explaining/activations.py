"""The activations of a network's layers on the way to the map: fed as inspect feeds it, at the image's own size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from semscan.image.tiling import judged_rows
from semscan.maps.stitch import Stitcher
from semscan.pipeline.methods.tiled import Offsets, TiledImage, resized
from semscan.pipeline.methods.training_domain import at_training_scale
from semscan.values import CleanImage
from semscan.values.model.config import ModelConfig

Maps = dict[str, np.ndarray]
Layers = Callable[[np.ndarray], tuple[Maps, Maps]]
BATCH = 4  # tiles a call
RECONSTRUCTION = "reconstruction"


@dataclass(frozen=True, slots=True)
class LayerMaps:
    """What the layers answer to one image.

    `maps` are float32 (rows, cols), the image's own size, 0 outside `rows`, the rows that the network sees.
    Weights of the layers `competing` (a softmax over positions) are multiples of an even share.
    The reconstruction has the grey levels of the image. `channels` are the weights of attention to channels, mean over
    the tiles.
    """

    maps: Mapping[str, np.ndarray]
    channels: Mapping[str, np.ndarray]
    rows: slice
    competing: frozenset[str]


def layer_activations(
    image: CleanImage, config: ModelConfig, layers: Layers, competing: frozenset[str] = frozenset()
) -> LayerMaps:
    """Run the layers of an opened network over an image.

    Parameters
    ----------
    image : CleanImage
    config : ModelConfig
    layers : callable
        Standardised tiles (n, T, T) to maps of any smaller size (n, r, c) and channel weights (n, channels), by
        name; see `semscan.model.reload.OpenedNetwork`.
    competing : frozenset of str
        Layers whose weights sum to one over the positions of a tile.

    Raises
    ------
    BadImageError
        If the image's magnification is too far from the model's.
    """
    rows = judged_rows(image)
    tiled = TiledImage(at_training_scale(image, config), config)
    blend = _LayerBlend(tiled, competing)
    for some, tiles in tiled.batches(BATCH):
        blend.add(some, *layers(tiles))
    maps = {}
    for name, values in blend.maps():
        values = tiled.grey_levels(values) if name == RECONSTRUCTION else values
        maps[name] = np.zeros(image.values.shape, np.float32)
        maps[name][rows] = resized(values, image.values[rows].shape)
    return LayerMaps(maps, blend.channels(), rows, competing)


class _LayerBlend:
    """The maps of all tiles of one image, each named map blended on its own."""

    def __init__(self, tiled: TiledImage, competing: frozenset[str]) -> None:
        self._tiled = tiled
        self._competing = competing
        self._stitchers: dict[str, Stitcher] = {}
        self._channels: dict[str, list[np.ndarray]] = {}

    def add(self, some: Offsets, maps: Maps, channels: Maps) -> None:
        """Add what the layers answer to the tiles at `some` corners."""
        for name, small in maps.items():
            if name not in self._stitchers:
                self._stitchers[name] = self._tiled.stitcher()
            self._stitchers[name].add(some, (self._enlarged(one) for one in self._comparable(name, small)))
        for name, weights in channels.items():
            self._channels.setdefault(name, []).append(weights)

    def maps(self) -> Iterator[tuple[str, np.ndarray]]:
        """Yield each name and its map, without padding."""
        for name, stitcher in self._stitchers.items():
            yield name, self._tiled.blended(stitcher)

    def channels(self) -> Maps:
        """Return the mean channel weights over the tiles, by name."""
        return {name: np.concatenate(parts).mean(axis=0) for name, parts in self._channels.items()}

    def _comparable(self, name: str, small: np.ndarray) -> np.ndarray:
        """Return weights that sum to one in each tile as multiples of an even share: so tiles of any size compare."""
        layer, _, part = name.partition("/")
        competes = layer in self._competing and part.startswith("weights.")
        return small * (small.shape[1] * small.shape[2]) if competes else small

    def _enlarged(self, small: np.ndarray) -> np.ndarray:
        side = (self._tiled.tile, self._tiled.tile)
        return small if small.shape == side else resized(small, side)
