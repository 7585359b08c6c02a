"""What a trained network sees on its way to the map: tiled and blended as inspect does, at the image's own size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from semscan.image.inpaint import inpaint_ignored
from semscan.image.resize import fit_within
from semscan.image.tiling import cheapest_tile, cut_tiles, judged_rows, pad_to_tile, tile_offsets, training_rim
from semscan.maps.stitch import Stitcher
from semscan.pipeline.methods.training_domain import Training
from semscan.values import CleanImage

Maps = dict[str, np.ndarray]
Look = Callable[[np.ndarray], tuple[Maps, Maps]]
BATCH = 4  # tiles a look


@dataclass(frozen=True, slots=True)
class Seen:
    """What the layers saw in one image.

    `maps` are float32 (rows, cols), the image's own size, 0 outside `rows`, the rows that the network was shown.
    Weights of the layers `competing` (a softmax over positions) are multiples of an even share.
    `channels` are the weights of attention to channels, mean over the tiles.
    """

    maps: Mapping[str, np.ndarray]
    channels: Mapping[str, np.ndarray]
    rows: slice
    competing: frozenset[str]


def layer_activations(
    image: CleanImage, config: Mapping[str, Any], look: Look, competing: frozenset[str] = frozenset()
) -> Seen:
    """Let a network that was opened up look at an image.

    Parameters
    ----------
    image : CleanImage
    config : mapping
        The model's config.json.
    look : callable
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
    shape = image.values[rows].shape
    brought = Training(config).brought(image)
    shown = judged_rows(brought)
    fed = inpaint_ignored(brought.values[shown], brought.judged[shown])
    fed = fit_within(fed, config["scale_to"], config.get("largest_image")) if config["scale_to"] else fed
    scale = config["preprocessing"]
    tile = cheapest_tile(fed.shape, config["tile"], config.get("largest_tile"), config["overlap"])
    standard = (fed - np.float32(scale["mean"])) / np.float32(scale["std"])
    tiled = _Tiled(standard, tile, config["overlap"], training_rim(config), competing)
    tiled.look(look)
    maps = {}
    for name, values in tiled.results():
        maps[name] = np.zeros(image.values.shape, np.float32)
        maps[name][rows] = cv2.resize(values, shape[::-1], interpolation=cv2.INTER_LINEAR)
    channels = {name: np.concatenate(parts).mean(axis=0) for name, parts in tiled.channels.items()}
    return Seen(maps, channels, rows, competing)


class _Tiled:
    """One image's tiles through a look, each named map blended on its own."""

    def __init__(self, values: np.ndarray, tile: int, overlap: int, rim: int, competing: frozenset[str]) -> None:
        self._shape, self._tile, self._overlap = values.shape, tile, overlap
        self._padded = pad_to_tile(values, tile, rim)
        self._offsets = tile_offsets(self._padded.shape, tile, overlap)
        self._blends: dict[str, Stitcher] = {}
        self.channels: dict[str, list[np.ndarray]] = {}
        self._competing = competing

    def look(self, look: Look) -> None:
        for start in range(0, len(self._offsets), BATCH):
            some = self._offsets[start : start + BATCH]
            maps, channels = look(cut_tiles(self._padded, some, self._tile))
            for name, small in maps.items():
                blend = self._blends.setdefault(
                    name, Stitcher(self._offsets, self._padded.shape, self._tile, self._overlap)
                )
                blend.add(some, (self._enlarged(one) for one in self._fair(name, small)))
            for name, weights in channels.items():
                self.channels.setdefault(name, []).append(weights)

    def results(self):
        """Each name and its map, without what was padded."""
        for name, blend in self._blends.items():
            yield name, blend.result()[: self._shape[0], : self._shape[1]]

    def _fair(self, name: str, small: np.ndarray) -> np.ndarray:
        """Weights that sum to one in each tile as multiples of an even share: so tiles of any size compare."""
        layer, _, part = name.partition("/")
        competes = layer in self._competing and part.startswith("weights.")
        return small * (small.shape[1] * small.shape[2]) if competes else small

    def _enlarged(self, small: np.ndarray) -> np.ndarray:
        side = (self._tile, self._tile)
        return small if small.shape == side else cv2.resize(small, side, interpolation=cv2.INTER_LINEAR)
