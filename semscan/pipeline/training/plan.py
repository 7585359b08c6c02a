"""The training plans: what each network learns from, for how long, and what is held out."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace

import numpy as np

from semscan import settings as defaults
from semscan.errors import BadDataError
from semscan.model.registry import is_local
from semscan.phrases import plural
from semscan.pipeline.training.data.copies import without_copies
from semscan.pipeline.training.data.dataset import TrainSet
from semscan.pipeline.training.data.examples import (
    AcceptedRegions,
    Draw,
    Example,
    autoencoder_examples,
    class_targets,
    classifier_examples,
    network_input,
    real_examples,
)
from semscan.pipeline.training.data.image_cache import ImageCache
from semscan.pipeline.training.data.split import HeldPart, Split, TrainPart, looks_alike_turned, split_good, tile_for
from semscan.pipeline.training.findings import TrainingFindings
from semscan.pipeline.training.workload import autoencoder_work, classifier_work
from semscan.settings import AugmentSettings, TrainSettings
from semscan.values.model.config import NetworkConfig, Preprocessing, Surround, Tiling

_VALIDATION = 32  # patches


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """All that fitting needs.

    `draw` makes one example; `validation` are (inputs, targets by output name) that are never trained on. `draw_held`
    makes one example of the held-out parts, with painted defects; None where none are painted. `held` are the parts of
    images for calibration, `held_description` the same in words. `samples` are a few inputs to check the export,
    float32 (n, tile, tile). `painted_peaks` keeps, by the number of looks, the peak scores of defects that were painted
    into held-out patches: the fitted network is asked once.
    """

    tiling: Tiling
    draw: Draw
    validation: Example
    batch: int
    steps: int
    learning_rate: float
    held: tuple[HeldPart, ...]
    held_description: str
    samples: np.ndarray
    draw_held: Draw | None = None
    painted_peaks: dict[int | None, list[float]] = field(default_factory=dict, compare=False)


def _apart_from_held(
    accepted: AcceptedRegions | None, cache: ImageCache, split: Split, tile: int
) -> AcceptedRegions | None:
    """Leave out the accepted places of which a patch could show what is held out; None if none is left."""
    if accepted is None:
        return None
    held = {os.path.realpath(cache.paths[part.number]): part for part in split.held}
    of_image = [held.get(os.path.realpath(path)) for path in accepted.images.paths]

    def is_apart(number: int, bottom: int, right: int) -> bool:
        part = of_image[number]
        return part is None or bottom + tile <= part.row or right + tile <= part.col

    places = tuple(place for place in accepted.places if is_apart(place[0], place[1][2], place[1][3]))
    return replace(accepted, places=places) if places else None


def autoencoder_plan(
    images: TrainSet,
    network: NetworkConfig,
    settings: TrainSettings,
    findings: TrainingFindings,
) -> TrainingPlan:
    """Plan the autoencoder: defects painted into good patches, real defects, and accepted regions."""
    originals = without_copies(images.cache, range(len(images.cache)))
    split = split_good(
        images.cache, share=settings.held_back, few=settings.few, seed=settings.seed, originals=originals
    )
    work = autoencoder_work(split, settings.steps)
    tile = work.tile
    turn = _turn(images.cache, settings)
    preprocessing = images.preprocessing
    defects = findings.labelled.defects if findings.labelled else None
    accepted = _apart_from_held(findings.accepted, images.cache, split, tile)
    real = real_examples(defects, accepted, tile, settings.augment, turn)
    draw = autoencoder_examples(images.cache, split, tile, preprocessing, settings.augment, turn, real)
    draw_held = _held_out_examples(images.cache, split, tile, preprocessing)
    rng = np.random.default_rng([settings.seed, 7])
    tiling = Tiling(
        tile=tile,
        overlap=min(defaults.OVERLAP, tile // 2),
        # an attention over the whole patch answers differently in a larger one
        largest_tile=int(defaults.TILE_GROWTH * tile) if is_local(network.attention) else tile,
        surround=Surround(defaults.SURROUND_SHARE, defaults.SURROUND_REACH),
    )
    return TrainingPlan(
        tiling=tiling,
        draw=draw,
        validation=_stacked([draw_held(rng) for _ in range(_VALIDATION)]),
        batch=work.batch,
        steps=work.steps,
        learning_rate=settings.learning_rate or defaults.AUTOENCODER_RATE,
        held=split.held,
        held_description=split.description,
        samples=_samples(draw, settings.seed),
        draw_held=draw_held,
    )


def _held_out_examples(cache: ImageCache, split: Split, tile: int, preprocessing: Preprocessing) -> Draw:
    """Make the function that paints defects into patches of the held-out parts, which are not changed otherwise."""
    ends = _HeldOutImages(cache, split.held)
    whole = Split(tuple(TrainPart(number, *ends[number].shape) for number in range(len(ends))), (), "")
    side = tile_for(whole, tile)
    still = AugmentSettings(flip=False, gain=0, offset=0, noise=0)
    return autoencoder_examples(ends, whole, side, preprocessing, still, turn=False)


class _HeldOutImages:
    """The held-out parts of images, numbered from 0; an `ImageSource`."""

    def __init__(self, cache: ImageCache, held: tuple[HeldPart, ...]) -> None:
        self._cache = cache
        self._held = held

    def __len__(self) -> int:
        return len(self._held)

    def __getitem__(self, place: int) -> np.ndarray:
        number, row, col = self._held[place]
        return self._cache[number][row:, col:]

    def ignored_mask(self, place: int) -> np.ndarray | None:
        """Return where training should see nothing of a part, bool (rows, cols); None for nowhere."""
        number, row, col = self._held[place]
        mask = self._cache.ignored_mask(number)
        return None if mask is None else mask[row:, col:]


def classifier_plan(
    images: TrainSet,
    network: NetworkConfig,
    settings: TrainSettings,
    findings: TrainingFindings,
) -> TrainingPlan:
    """Plan the attention CNN: it learns from the label of each whole image, and a share of each class is held out.

    Raises
    ------
    BadDataError
        If a class has a single image.
    """
    classes, good = network.classes or (), network.good_index
    members, held = _split_classes(images, classes, settings)
    preprocessing = images.preprocessing
    draw = classifier_examples(
        images.cache, members, good, preprocessing, settings.augment, _turn(images.cache, settings)
    )
    inputs = [network_input(images.cache[number].astype(np.float32), preprocessing) for number, _ in held]
    targets = [class_targets(label, len(classes), good) for _, label in held]
    validation = _stacked(list(zip(inputs, targets, strict=True)))
    side = validation[0].shape[1]
    work = classifier_work(side, settings.steps)
    return TrainingPlan(
        tiling=Tiling(
            tile=side,
            overlap=min(defaults.OVERLAP, side // 2),
            scale_to=side,
            largest_image=images.longest,
        ),
        draw=draw,
        validation=validation,
        batch=work.batch,
        steps=work.steps,
        learning_rate=settings.learning_rate or defaults.CLASSIFIER_RATE,
        held=tuple(HeldPart(number, 0, 0) for number, label in held if label == good),
        held_description=_held_description(len(held), sum(map(len, members)), len(images.labels), settings.held_back),
        samples=_samples(draw, settings.seed),
    )


def _split_classes(
    images: TrainSet, classes: tuple[str, ...], settings: TrainSettings
) -> tuple[list[np.ndarray], list[tuple[int, int]]]:
    """Return the image numbers to train on, by class, and the held-out ones: (number, class number)."""
    rng = np.random.default_rng([settings.seed, 99])
    members: list[np.ndarray] = []
    held: list[tuple[int, int]] = []
    for place, name in enumerate(classes):
        originals = without_copies(images.cache, [n for n, label in enumerate(images.labels) if label == name])
        own = rng.permutation(originals)
        if len(own) < 2:
            raise BadDataError(f"class '{name}' has {len(own)} image; at least 2 are needed, 20 or more are advised")
        back = max(1, round(len(own) * settings.held_back))
        held += [(int(n), place) for n in own[:back]]
        members.append(np.sort(own[back:]))
    return members, held


def _held_description(held: int, trained: int, images: int, share: float) -> str:
    copies = images - held - trained
    without = f", without {plural(copies, 'copy', 'copies')} of others" if copies else ""
    return f"{held} of {held + trained} images, {share:.0%} of each class{without}"


def _turn(cache: ImageCache, settings: TrainSettings) -> bool:
    """Return whether patches may be turned by 90 degrees."""
    if settings.augment.turn != "auto":
        return settings.augment.turn == "yes"
    return looks_alike_turned(cache, range(len(cache)))


def _stacked(examples: list[Example]) -> Example:
    """Stack examples into one batch."""
    inputs = np.stack([patch for patch, _ in examples])
    return inputs, {name: np.stack([targets[name] for _, targets in examples]) for name in examples[0][1]}


def _samples(draw: Draw, seed: int) -> np.ndarray:
    """Draw a few real inputs to check the export, float32 (n, tile, tile)."""
    rng = np.random.default_rng([seed, 5])
    return np.stack([draw(rng)[0][..., 0] for _ in range(2)])
