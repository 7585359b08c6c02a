"""What each of the two networks is taught, from what, and what is kept from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from semscan import settings as defaults
from semscan.errors import BadDataError
from semscan.pipeline.training.data.dataset import TrainSet
from semscan.pipeline.training.data.examples import (
    AcceptedRegions,
    RealDefects,
    autoencoder_examples,
    class_targets,
    classifier_examples,
    real_examples,
)
from semscan.pipeline.training.data.split import Split, TrainPart, looks_alike_turned, split_good
from semscan.pipeline.training.workload import autoencoder_work, classifier_work
from semscan.settings import AugmentSettings, TrainSettings

_VALIDATION = 32


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """All that fitting needs. `held`: number of image, first row and first column that calibration counts."""

    shape: Mapping[str, Any]
    draw: Callable
    validation: tuple
    batch: int
    steps: int
    learning_rate: float
    held: tuple[tuple[int, int, int], ...]
    held_said: str
    samples: np.ndarray


def autoencoder_plan(
    found: TrainSet,
    settings: TrainSettings,
    defects: RealDefects | None = None,
    accepted: AcceptedRegions | None = None,
) -> TrainingPlan:
    """The autoencoder learns from defects painted into good patches, from real ones, and from accepted regions."""
    cache, scale = found.cache, (found.mean, found.std)
    split = split_good(cache, share=settings.held_back, few=settings.few, seed=settings.seed)
    work = autoencoder_work(split, settings.steps)
    tile = work.tile
    turn = _turn(cache, settings)
    real = real_examples(defects, accepted, tile, settings.augment, turn)
    draw = autoencoder_examples(cache, split, tile, scale, settings.augment, turn, real)
    shape = {
        "kind": "autoencoder",
        "tile": tile,
        "largest_tile": int(defaults.TILE_GROWTH * tile),
        "overlap": min(defaults.OVERLAP, tile // 2),
        "scale_to": None,
        "surround": {"share": defaults.SURROUND_SHARE, "reach_px": defaults.SURROUND_REACH},
    }
    return TrainingPlan(
        shape,
        draw,
        _held_patches(cache, split, tile, scale, settings.seed),
        work.batch,
        work.steps,
        settings.learning_rate or defaults.AUTOENCODER_RATE,
        split.held,
        split.said,
        _samples(draw, settings.seed),
    )


def _held_patches(cache, split, tile, scale, seed):
    """Painted patches of the held-back parts, always the same ones: (inputs, targets)."""
    ends = [(number, cache[number].shape[0] - row, cache[number].shape[1] - col) for number, row, col in split.held]
    side = max(32, min(tile, min(min(rows, cols) for _, rows, cols in ends) // 32 * 32))
    back = _Ends(cache, split.held)
    whole = Split(tuple(TrainPart(n, *back[n].shape) for n in range(len(back))), (), "")
    still = AugmentSettings(flip=False, gain=0, offset=0, noise=0)
    draw = autoencoder_examples(back, whole, side, scale, still, False)
    rng = np.random.default_rng([seed, 7])
    examples = [draw(rng) for _ in range(_VALIDATION)]
    inputs = np.stack([x for x, _ in examples])
    return inputs, {name: np.stack([y[name] for _, y in examples]) for name in examples[0][1]}


class _Ends:
    """The held-back parts of images, numbered anew; reads like a ImageCache."""

    def __init__(self, cache, held):
        self._gallery, self._held = cache, held

    def __len__(self):
        return len(self._held)

    def __getitem__(self, place):
        number, row, col = self._held[place]
        return self._gallery[number][row:, col:]

    def ignored_mask(self, place):
        number, row, col = self._held[place]
        ignored_mask = self._gallery.ignored_mask(number)
        return None if ignored_mask is None else ignored_mask[row:, col:]


def classifier_plan(
    found: TrainSet, classes: list[str], good_class: str | None, settings: TrainSettings
) -> TrainingPlan:
    """Class folders: the attention CNN learns from the label of each whole image.

    A share of each class is held back.
    """
    cache, labels, scale = found.cache, found.labels, (found.mean, found.std)
    rng = np.random.default_rng([settings.seed, 99])
    members, held = [], []
    for name in classes:
        own = rng.permutation([n for n, label in enumerate(labels) if label == name])
        if len(own) < 2:
            raise BadDataError(f"class '{name}' has {len(own)} image; at least 2 are needed, 20 or more are advised")
        back = max(1, round(len(own) * settings.held_back))
        held += [(int(n), classes.index(name)) for n in own[:back]]
        members.append(np.sort(own[back:]))
    good = classes.index(good_class) if good_class else None
    turn = _turn(cache, settings)
    draw = classifier_examples(cache, members, good, scale, settings.augment, turn)
    mean, std = scale
    inputs = np.stack([(cache[n].astype(np.float32) - mean) / std for n, _ in held])[..., None]
    targets = [class_targets(label, len(classes), good) for _, label in held]
    side = inputs.shape[1]
    work = classifier_work(side, settings.steps)
    shape = {
        "kind": "attention-cnn",
        "tile": side,
        "overlap": min(defaults.OVERLAP, side // 2),
        "scale_to": side,
        "largest_image": found.longest,
    }
    return TrainingPlan(
        shape,
        draw,
        (inputs, {name: np.stack([t[name] for t in targets]) for name in targets[0]}),
        work.batch,
        work.steps,
        settings.learning_rate or defaults.CLASSIFIER_RATE,
        tuple((n, 0, 0) for n, label in held if label == good),
        f"{len(held)} of {len(labels)} images, {settings.held_back:.0%} of each class",
        _samples(draw, settings.seed),
    )


def _turn(cache, settings):
    if settings.augment.turn != "auto":
        return settings.augment.turn == "yes"
    return looks_alike_turned(cache, range(len(cache)))


def _samples(draw, seed):
    """A few real inputs for checking the export, (n, T, T)."""
    rng = np.random.default_rng([seed, 5])
    return np.stack([draw(rng)[0][..., 0] for _ in range(2)])
