"""What each of the two networks is taught, from what, and what is kept from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from semscan import settings as defaults
from semscan.errors import BadDataError
from semscan.pipeline import gallery as images
from semscan.pipeline.lessons import class_targets, labelled_lesson, painted_lesson
from semscan.pipeline.real import AcceptedRegions, RealDefects, real_examples
from semscan.pipeline.trainset import TrainSet
from semscan.pipeline.workload import autoencoder_work, classifier_work
from semscan.settings import AugmentSettings, TrainSettings

_VALIDATION = 32


@dataclass(frozen=True, slots=True)
class Course:
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


def painted_course(
    found: TrainSet,
    settings: TrainSettings,
    defects: RealDefects | None = None,
    accepted: AcceptedRegions | None = None,
) -> Course:
    """The autoencoder learns from defects painted into good patches, from real ones, and from accepted regions."""
    gallery, scale = found.gallery, (found.mean, found.std)
    split = images.split_good(gallery, share=settings.held_back, few=settings.few, seed=settings.seed)
    work = autoencoder_work(split, settings.steps)
    tile = work.tile
    turn = _turn(gallery, settings)
    real = real_examples(defects, accepted, tile, settings.augment, turn)
    draw = painted_lesson(gallery, split, tile, scale, settings.augment, turn, real)
    shape = {"kind": "autoencoder", "tile": tile, "largest_tile": int(defaults.TILE_GROWTH * tile),
             "overlap": min(defaults.OVERLAP, tile // 2), "scale_to": None,
             "surround": {"share": defaults.SURROUND_SHARE, "reach_px": defaults.SURROUND_REACH}}
    return Course(
        shape, draw, _held_patches(gallery, split, tile, scale, settings.seed), work.batch, work.steps,
        settings.learning_rate or defaults.AUTOENCODER_RATE, split.held, split.said,
        _samples(draw, settings.seed),
    )


def _held_patches(gallery, split, tile, scale, seed):
    """Painted patches of the held-back parts, always the same ones: (inputs, targets)."""
    ends = [(number, gallery[number].shape[0] - row, gallery[number].shape[1] - col)
            for number, row, col in split.held]
    side = max(32, min(tile, min(min(rows, cols) for _, rows, cols in ends) // 32 * 32))
    back = _Ends(gallery, split.held)
    whole = images.Split(tuple(images.Share(n, *back[n].shape) for n in range(len(back))), (), "")
    still = AugmentSettings(flip=False, gain=0, offset=0, noise=0)
    draw = painted_lesson(back, whole, side, scale, still, False)
    rng = np.random.default_rng([seed, 7])
    examples = [draw(rng) for _ in range(_VALIDATION)]
    inputs = np.stack([x for x, _ in examples])
    return inputs, {name: np.stack([y[name] for _, y in examples]) for name in examples[0][1]}


class _Ends:
    """The held-back parts of images, numbered anew; reads like a Gallery."""

    def __init__(self, gallery, held):
        self._gallery, self._held = gallery, held

    def __len__(self):
        return len(self._held)

    def __getitem__(self, place):
        number, row, col = self._held[place]
        return self._gallery[number][row:, col:]

    def covered(self, place):
        number, row, col = self._held[place]
        covered = self._gallery.covered(number)
        return None if covered is None else covered[row:, col:]


def labelled_course(found: TrainSet, classes: list[str], good_class: str | None, settings: TrainSettings) -> Course:
    """Class folders: the attention CNN learns from the label of each whole image.

    A share of each class is held back.
    """
    gallery, labels, scale = found.gallery, found.labels, (found.mean, found.std)
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
    turn = _turn(gallery, settings)
    draw = labelled_lesson(gallery, members, good, scale, settings.augment, turn)
    mean, std = scale
    inputs = np.stack([(gallery[n].astype(np.float32) - mean) / std for n, _ in held])[..., None]
    targets = [class_targets(label, len(classes), good) for _, label in held]
    side = inputs.shape[1]
    work = classifier_work(side, settings.steps)
    shape = {"kind": "attention-cnn", "tile": side, "overlap": min(defaults.OVERLAP, side // 2), "scale_to": side,
             "largest_image": found.longest}
    return Course(
        shape, draw, (inputs, {name: np.stack([t[name] for t in targets]) for name in targets[0]}),
        work.batch, work.steps, settings.learning_rate or defaults.CLASSIFIER_RATE,
        tuple((n, 0, 0) for n, label in held if label == good),
        f"{len(held)} of {len(labels)} images, {settings.held_back:.0%} of each class", _samples(draw, settings.seed),
    )


def _turn(gallery, settings):
    if settings.augment.turn != "auto":
        return settings.augment.turn == "yes"
    return images.looks_alike_turned(gallery, range(len(gallery)))


def _samples(draw, seed):
    """A few real inputs for checking the export, (n, T, T)."""
    rng = np.random.default_rng([seed, 5])
    return np.stack([draw(rng)[0][..., 0] for _ in range(2)])
