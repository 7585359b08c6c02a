"""The method that is a trained network: tiles through the runtime, blended to one raw map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from semscan.errors import BadModelError
from semscan.files.models.folder import ModelFolder, read_model_folder
from semscan.image.inpaint import inpaint_ignored
from semscan.image.resize import fit_within
from semscan.image.tiling import cheapest_tile, cut_tiles, judged_rows, pad_to_tile, tile_offsets, training_rim
from semscan.maps.neighbourhood import add_neighbourhood
from semscan.maps.stitch import Stitcher
from semscan.pipeline.classes.model import ModelRegionClassifier
from semscan.pipeline.methods.base import MethodResult, model_path
from semscan.pipeline.methods.training_domain import Training, resampled_to_training
from semscan.runtime.session import Network, cpu_count
from semscan.settings import InspectSettings
from semscan.values import CleanImage

BATCH_PIXELS = 1 << 18  # of the tiles a call: more is not faster on a CPU, and takes memory


class ModelMethod:
    """A trained network.

    Parameters
    ----------
    folder : ModelFolder
        Its graph and configuration.
    threads : int, optional
        Threads that one look may use; by default all processors.
    """

    name = "model"

    def __init__(self, folder: ModelFolder, threads: int | None = None) -> None:
        config = folder.config
        self._network = Network(folder.graph, threads or cpu_count())
        self._tile, self._overlap = int(config["tile"]), int(config["overlap"])
        self._largest_tile: int | None = config.get("largest_tile")
        self._mean = np.float32(config["preprocessing"]["mean"])
        self._std = np.float32(config["preprocessing"]["std"])
        around = config.get("surround") or {"share": 0.0, "reach_px": 1.0}
        self._share, self._reach = float(around["share"]), float(around["reach_px"])
        self._scale_to: int | None = config.get("scale_to")
        self._largest: int | None = config.get("largest_image")
        self._rim = training_rim(config)
        self._config = config
        self._classes: list[str] | None = config.get("classes") if "logits" in self._network.outputs else None
        self.raw_threshold: float | None = config["calibration"]["raw_threshold"]
        self.training = Training(config)
        self.about: Mapping[str, Any] = {
            "model": str(folder.path),
            "kind": config["kind"],
            "fingerprint": folder.fingerprint,
            "calibration": config["calibration"],
        }

    def look(self, image: CleanImage) -> MethodResult:
        """Score the judged rows of an image that has the scale of training; the rest of the raw map is 0."""
        rows = judged_rows(image)
        seen = inpaint_ignored(image.values[rows], image.judged[rows])
        fed = fit_within(seen, self._scale_to, self._largest) if self._scale_to else seen
        score, logits, said = self._over_tiles((fed - self._mean) / self._std)
        raw = np.zeros(image.values.shape, np.float32)
        raw[rows] = cv2.resize(score, seen.shape[::-1], interpolation=cv2.INTER_LINEAR)
        raw[~image.judged] = 0
        raw = add_neighbourhood(raw, self._share, self._reach) * image.judged
        classify_regions = None if said is None else ModelRegionClassifier(said, raw, rows, self._config)
        return MethodResult(
            raw, None if logits is None else self._probabilities(logits), classify_regions=classify_regions
        )

    __call__ = resampled_to_training(look)

    def _over_tiles(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
        """The blended score of all tiles, the logits that count, and what the positions say, blended as well."""
        tile = cheapest_tile(values.shape, self._tile, self._largest_tile, self._overlap)
        padded = pad_to_tile(values, tile, self._rim)
        offsets = tile_offsets(padded.shape, tile, self._overlap)
        stitcher = Stitcher(offsets, padded.shape, tile, self._overlap)
        logits, evidence, batch = [], [], max(1, BATCH_PIXELS // tile**2)
        for start in range(0, len(offsets), batch):
            some = offsets[start : start + batch]
            answer = self._network.run(cut_tiles(padded, some, tile))
            stitcher.add(some, answer["score"])
            if self._classes:
                logits.append(self._fitting("logits", answer["logits"], (len(some),)))
                if "evidence" in answer:
                    grid = (len(some), *answer["evidence"].shape[1:3])
                    evidence.append(self._fitting("evidence", answer["evidence"], grid))
        rows, cols = values.shape
        score = stitcher.result()[:rows, :cols]
        said = blend_evidence(np.concatenate(evidence), offsets, tile) if evidence else None
        if said is not None:  # without what was added to fill a tile
            said = said[: -(-rows * said.shape[0] // padded.shape[0]), : -(-cols * said.shape[1] // padded.shape[1])]
        return score, self._counting(np.concatenate(logits)) if logits else None, said

    def _fitting(self, name: str, values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        wanted = (*shape, len(self._classes or ()))
        if values.shape != wanted or 0 in wanted:
            raise BadModelError(
                f"the network's {name} have the shape {values.shape}, its config.json names "
                f"{len(self._classes or ())} classes; train it again"
            )
        return values

    def _counting(self, logits: np.ndarray) -> np.ndarray:
        """Of logits (tiles, classes) those of the tile that looks least like a good one; without a good class the mean.

        A defect is in few of the tiles of a large image: their mean would call it good.
        """
        good = self._config.get("good_class")
        if good is None or len(logits) == 1:
            return logits.mean(axis=0)
        others = np.delete(logits.astype(np.float64), self._config["classes"].index(good), axis=1)
        margin = np.logaddexp.reduce(others, axis=1) - logits[:, self._config["classes"].index(good)]
        return logits[int(margin.argmax())]

    def _probabilities(self, logits: np.ndarray) -> dict[str, float]:
        powers = np.exp(logits.astype(np.float64) - logits.max())
        return dict(zip(self._classes or (), (powers / powers.sum()).tolist(), strict=True))


def blend_evidence(evidence: np.ndarray, offsets: Sequence[tuple[int, int]], tile: int) -> np.ndarray:
    """Class logits of the positions of all tiles, (n, r, c, classes), as one map (rows, cols, classes).

    Where tiles overlap it is their mean, each weighed by how far the place lies from the tile's border.
    """
    grid, classes = evidence.shape[1], evidence.shape[3]
    stride = tile // grid
    depth = np.minimum(np.arange(grid), np.arange(grid)[::-1]) + np.float32(1)
    weight = np.outer(depth, depth)[..., None]
    rows, cols = (max(starts) // stride + grid for starts in zip(*offsets, strict=True))
    blended, total = np.zeros((rows, cols, classes), np.float32), np.zeros((rows, cols, 1), np.float32)
    for (top, left), one in zip(offsets, evidence, strict=True):
        here = slice(top // stride, top // stride + grid), slice(left // stride, left // stride + grid)
        blended[here] += weight * one
        total[here] += weight
    return blended / total


def model_method(settings: InspectSettings) -> ModelMethod:
    """The network that the settings name; raises BadModelError if it cannot be used."""
    return ModelMethod(read_model_folder(model_path(settings)), threads=max(1, cpu_count() // settings.jobs))
