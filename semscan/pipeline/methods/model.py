"""The method that is a trained network: tiles through the runtime, blended to one raw map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from semscan.errors import BadModelError, UsageFault
from semscan.files.models.folder import ModelFolder, read_model_folder
from semscan.image.appearance import LARGEST
from semscan.image.large.clean import Survey
from semscan.image.tiling import centre_window
from semscan.maps.neighbourhood import add_neighbourhood
from semscan.pipeline.classes.model import ModelRegionClassifier
from semscan.pipeline.methods.base import MethodResult, model_path
from semscan.pipeline.methods.looks import at_looks, looks_of
from semscan.pipeline.methods.tiled import TiledImage, resized
from semscan.pipeline.methods.training_domain import (
    at_training_scale,
    detects_from,
    domain_warnings,
    network_zoom,
    unlike_by_share,
    unlike_training,
)
from semscan.pipeline.methods.windowed.model_bands import TiledBands, with_neighbourhood
from semscan.pipeline.methods.windowed.windows import NOTHING, ScoredWindow, TakeWindow, judged_plane
from semscan.report.text.weaknesses import weaknesses
from semscan.runtime.answers import finite_answers
from semscan.runtime.devices import AUTO, CPU, CUDA, choose_device
from semscan.runtime.session import Network, cpu_count
from semscan.settings import InspectSettings
from semscan.values import CleanImage, SemImage
from semscan.values.method import MethodProvenance
from semscan.values.model.config import NetworkConfig, Surround
from semscan.values.record import WEAK_MODEL

BATCH_PIXELS = 1 << 18  # of the tiles a call: more is not faster on a CPU, and takes memory
NO_SURROUND = Surround(0.0, 1.0)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the network gave for all tiles.

    `score` is float32, the size at which the network saw the image. `logits` are (tiles, classes), `evidence` class
    logits of positions, (r, c, classes); None where the network has none.
    """

    score: np.ndarray
    logits: np.ndarray | None = None
    evidence: np.ndarray | None = None


@dataclass(slots=True)
class _ClassParts:
    """What a network with classes gave for each batch of tiles."""

    logits: list[np.ndarray] = field(default_factory=list)
    evidence: list[np.ndarray] = field(default_factory=list)


class ModelMethod:
    """A trained network.

    Parameters
    ----------
    folder : ModelFolder
        Its graph and configuration.
    threads : int, optional
        Threads that one image may use; by default all processors.
    looks : int, optional
        How many looks at each tile to take, with the threshold that belongs to it; by default the model's own number.
    device : str
        "auto", "cpu" or "cuda"; see `semscan.runtime.devices.choose_device`.

    Raises
    ------
    UsageFault
        If the model has no threshold for so many looks, or the device cannot be used.
    """

    name = "model"

    def __init__(
        self, folder: ModelFolder, threads: int | None = None, *, looks: int | None = None, device: str = AUTO
    ) -> None:
        config = at_looks(folder.config, looks, folder.path)
        folder = replace(folder, config=config)
        self._network = open_network(folder, threads or cpu_count(), device)
        self._config = config
        network = config.network
        self._classes = (network.classes or ()) if "logits" in self._network.outputs else ()
        self._weaknesses = tuple(WEAK_MODEL + words for words in weaknesses(folder.config))
        self.raw_threshold: float | None = folder.config.calibration.raw_threshold
        self.provenance = MethodProvenance(
            calibration=folder.config.calibration,
            model=str(folder.path),
            kind=network.kind,
            fingerprint=folder.fingerprint,
            looks=looks_of(config),
            painted=folder.config.painted,
            enlarge=1 / folder.config.training_domain.zoom,
            nuisance=config.nuisance,
        )

    def __call__(self, image: CleanImage) -> MethodResult:
        """Score an image at the scale of the training images; the result has the image's own size.

        Raises
        ------
        BadImageError
            If its magnification is too far from theirs.
        BadModelError
            If the network does not fit its config.json.
        """
        scaled = at_training_scale(image, self._config)
        tiled = TiledImage(scaled, self._config)
        result = self._score(scaled, tiled)
        unlike = unlike_training(tiled.grey, result.raw[tiled.rows], scaled.judged[tiled.rows], self._config)
        if scaled is not image:
            raw = resized(result.raw, image.values.shape)
            result = replace(result, raw=np.where(image.judged, raw, np.float32(0)))
        return replace(
            result,
            warnings=(*self._weaknesses, *domain_warnings(image, tiled.grey, self._config, is_unlike=bool(unlike))),
            unlike=unlike,
            detects_from_px=detects_from(image, self._config),
        )

    def can_stream(self, image: SemImage) -> bool:
        """Return whether it sees the image at its own size, and knows no classes; see `WindowedMethod`."""
        config = self._config
        return not self._classes and config.tiling.scale_to is None and network_zoom(image, config) == 1

    def score_windows(self, image: CleanImage, survey: Survey, take: TakeWindow) -> MethodResult:
        """Score an image in rows of tiles; see `WindowedMethod`."""
        judged = judged_plane(image)
        tiled = TiledBands(judged, self._config)
        surround = self._config.tiling.surround or NO_SURROUND
        bands = tiled.scores(
            lambda tiles: finite_answers(partial(self._network.run, tiles))["score"],
            max(1, BATCH_PIXELS // tiled.tile**2),
        )
        bands = with_neighbourhood(bands, image.values.shape[0], float(surround.share), float(surround.reach_px))
        middle = centre_window(judged.shape, LARGEST)
        threshold = np.inf if self.raw_threshold is None else self.raw_threshold
        top = above = 0
        marked = []
        for raw in bands:
            is_marked = raw > threshold
            above += int(np.count_nonzero(is_marked))
            marked.append(is_marked[max(0, middle[0].start - top) : max(0, middle[0].stop - top), middle[1]])
            take(ScoredWindow(slice(top, top + len(raw)), slice(0, raw.shape[1]), raw))
            top += len(raw)
        grey = judged[middle]
        share = above / (top * judged.shape[1])
        unlike = () if np.isinf(threshold) else unlike_by_share(grey, np.concatenate(marked), share, self._config)
        return MethodResult(
            NOTHING,
            warnings=(*self._weaknesses, *domain_warnings(image, grey, self._config, is_unlike=bool(unlike))),
            unlike=unlike,
            detects_from_px=detects_from(image, self._config),
        )

    def at_training_scale(self, image: CleanImage) -> MethodResult:
        """Score an image that has the scale of the training images already."""
        return self._score(image, TiledImage(image, self._config))

    def _score(self, image: CleanImage, tiled: TiledImage) -> MethodResult:
        """Score the judged rows; the rest of the raw map is 0."""
        answer = self._over_tiles(tiled)
        raw = np.zeros(image.values.shape, np.float32)
        raw[tiled.rows] = resized(answer.score, tiled.grey.shape)
        raw[~image.judged] = 0
        surround = self._config.tiling.surround or NO_SURROUND
        raw = add_neighbourhood(raw, float(surround.share), float(surround.reach_px)) * image.judged
        classify = None
        if answer.evidence is not None:
            network, limits = self._config.network, self._config.class_limits
            classify = ModelRegionClassifier(answer.evidence, raw, tiled.rows, network, limits)
        probabilities = None
        if answer.logits is not None:
            probabilities = class_probabilities(decisive_logits(answer.logits, self._config.network), self._classes)
        return MethodResult(raw, probabilities, classify_regions=classify)

    def _over_tiles(self, tiled: TiledImage) -> _Answer:
        stitcher, parts = tiled.stitcher(), _ClassParts()
        for some, tiles in tiled.batches(max(1, BATCH_PIXELS // tiled.tile**2)):
            answer = finite_answers(partial(self._network.run, tiles))
            stitcher.add(some, answer["score"])
            if self._classes:
                parts.logits.append(self._fitting("logits", answer["logits"], (len(some),)))
                if "evidence" in answer:
                    grid = (len(some), *answer["evidence"].shape[1:3])
                    parts.evidence.append(self._fitting("evidence", answer["evidence"], grid))
        score = tiled.blended(stitcher)
        if not parts.logits:
            return _Answer(score)
        logits = np.concatenate(parts.logits)
        if not parts.evidence:
            return _Answer(score, logits)
        evidence = blend_evidence(np.concatenate(parts.evidence), tiled.offsets, tiled.tile)
        return _Answer(score, logits, tiled.without_padding(evidence))

    def _fitting(self, name: str, values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        wanted = (*shape, len(self._classes))
        if values.shape != wanted or 0 in wanted:
            raise BadModelError(
                f"the network's {name} have the shape {values.shape}, its config.json names "
                f"{len(self._classes)} classes; train it again"
            )
        return values


def open_network(folder: ModelFolder, threads: int = 1, device: str = CPU) -> Network:
    """Open a model's graph for the number of looks that its configuration states; see `choose_device` for devices."""
    network = Network(folder.graph, threads, looks_of(folder.config), choose_device(device))
    if device == CUDA and network.device != CUDA:
        raise UsageFault(
            "--device cuda: onnxruntime could not start it; check the driver, CUDA and cuDNN against "
            "https://onnxruntime.ai/docs/execution-providers/CUDA-ExecutionProvider.html, or take --device cpu"
        )
    return network


def decisive_logits(logits: np.ndarray, network: NetworkConfig) -> np.ndarray:
    """Return, of logits (tiles, classes), those of the tile least like a good one; without a good class the mean.

    A defect is in few of the tiles of a large image: their mean would call it good.
    """
    good = network.good_index
    if good is None or len(logits) == 1:
        return logits.mean(axis=0)
    others = np.delete(logits.astype(np.float64), good, axis=1)
    margin = np.logaddexp.reduce(others, axis=1) - logits[:, good]
    return logits[int(margin.argmax())]


def class_probabilities(logits: np.ndarray, classes: Sequence[str]) -> dict[str, float]:
    """Return the softmax of logits (classes,) by class name."""
    powers = np.exp(logits.astype(np.float64) - logits.max())
    return dict(zip(classes, (powers / powers.sum()).tolist(), strict=True))


def blend_evidence(evidence: np.ndarray, offsets: Sequence[tuple[int, int]], tile: int) -> np.ndarray:
    """Blend class logits of the positions of all tiles, (n, r, c, classes), into one map (rows, cols, classes).

    Where tiles overlap it is their mean, each weighed by how far the position lies from the tile's border.
    """
    grid = evidence.shape[1]
    classes = evidence.shape[3]
    stride = tile // grid
    depth = np.minimum(np.arange(grid), np.arange(grid)[::-1]) + np.float32(1)
    weight = np.outer(depth, depth)[..., None]
    rows, cols = (max(starts) // stride + grid for starts in zip(*offsets, strict=True))
    blended = np.zeros((rows, cols, classes), np.float32)
    total = np.zeros((rows, cols, 1), np.float32)
    for (top, left), one in zip(offsets, evidence, strict=True):
        here = slice(top // stride, top // stride + grid), slice(left // stride, left // stride + grid)
        blended[here] += weight * one
        total[here] += weight
    return blended / total


def model_method(settings: InspectSettings) -> ModelMethod:
    """Open the network that the settings name; raises BadModelError if it cannot be used."""
    return ModelMethod(
        read_model_folder(model_path(settings)),
        threads=max(1, cpu_count() // settings.jobs),
        looks=settings.looks,
        device=settings.device,
    )
