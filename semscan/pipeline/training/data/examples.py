"""How one training example is drawn: for the autoencoder and for the attention CNN."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from semscan.image.tiling import pad_to_tile
from semscan.pipeline.training.data.image_cache import ImageCache, ImageSource
from semscan.pipeline.training.data.split import Split, crop
from semscan.settings import ACCEPTED_SHARE, LABELLED_SHARE, AugmentSettings
from semscan.synth.painting import augment
from semscan.synth.painting.augment import random_flip
from semscan.synth.painting.kinds import families
from semscan.synth.painting.paint import paint
from semscan.synth.painting.paste import MARGIN, paste
from semscan.values.model.config import Preprocessing

Rng = np.random.Generator
Corners = tuple[int, int, int, int]  # top, left, bottom, right
Place = tuple[int, Corners]  # image number, and where in it
Patch = Callable[[Rng], np.ndarray]  # a good patch, float32 (tile, tile)
Painted = tuple[np.ndarray, np.ndarray, np.ndarray]  # patch with a defect, label 0 or 1, the same patch without it
Example = tuple[np.ndarray, dict[str, np.ndarray]]  # input (tile, tile, 1), targets by name of the network's output
Draw = Callable[[Rng], Example]
DrawReal = Callable[[Rng, Patch], Painted | None]


@dataclass(frozen=True, slots=True)
class RealDefects:
    """Labelled images: as they are, with their defects inpainted, and their masks, of equal shapes.

    `places` lists the defects.
    """

    images: ImageCache
    inpainted: ImageCache
    masks: ImageCache
    places: tuple[Place, ...]

    def example(self, tile: int, patch: Patch, rng: Rng, settings: AugmentSettings, turn: bool) -> Painted:
        """Draw a patch with a real defect, its label, and the same patch without it.

        Half of them are cut from the defect's own image. In the others it is pasted into a good `patch`: where
        its surroundings fit best, or anywhere.
        """
        number, box = self.places[int(rng.integers(len(self.places)))]
        if rng.random() < 0.5:
            parts = (self.images[number], self.masks[number], self.inpainted[number])
            with_defect, own_label, without = own_patches(parts, box, tile, rng, flip=settings.flip, turn=turn)
            return with_defect, own_label, without
        good = patch(rng)
        painted = good.copy()
        label = np.zeros(good.shape, np.float32)
        cut, mask = self._cut(number, box, tile, rng, settings.flip, turn)
        paste(painted, label, cut, mask, rng, fit=rng.random() < 0.5)
        return painted, label, good

    def _cut(
        self, number: int, box: Corners, tile: int, rng: Rng, flip: bool, turn: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Cut out a defect with its margin and its mask, turned over, with a small change of size and contrast."""
        top, left, bottom, right = box
        most = max(8, tile * 3 // 4 - 2 * MARGIN)
        top += int(rng.integers(max(1, bottom - top - most + 1)))
        left += int(rng.integers(max(1, right - left - most + 1)))
        here = (
            slice(max(0, top - MARGIN), min(bottom, top + most) + MARGIN),
            slice(max(0, left - MARGIN), min(right, left + most) + MARGIN),
        )
        parts = turned_together(
            [cache[number][here].astype(np.float32) for cache in (self.images, self.masks)], rng, flip=flip, turn=turn
        )
        size = float(np.exp(rng.uniform(-0.2, 0.2)))
        cut, mask = (cv2.resize(part, None, fx=size, fy=size, interpolation=cv2.INTER_LINEAR) for part in parts)
        middle = float(np.median(cut))
        return middle + (cut - middle) * float(np.exp(rng.uniform(-0.15, 0.15))), (mask > 0.5).astype(np.float32)


@dataclass(frozen=True, slots=True)
class AcceptedRegions:
    """Images with regions that are to become normal; other regions found in them are inpainted."""

    images: ImageCache
    places: tuple[Place, ...]

    def example(self, tile: int, rng: Rng, settings: AugmentSettings, turn: bool) -> Painted:
        """Draw a patch around a region, a label of zeros, and the same patch."""
        number, box = self.places[int(rng.integers(len(self.places)))]
        (good,) = own_patches((self.images[number],), box, tile, rng, flip=settings.flip, turn=turn)
        return good, np.zeros(good.shape, np.float32), good.copy()


def real_examples(
    defects: RealDefects | None, accepted: AcceptedRegions | None, tile: int, settings: AugmentSettings, turn: bool
) -> DrawReal | None:
    """Make the function that draws real defects and accepted regions in their share of the calls; None without any.

    ``draw(rng, patch)`` returns (patch, label, the good patch), or None when a painted defect is due.
    """
    if defects is None and accepted is None:
        return None

    def draw(rng: Rng, patch: Patch) -> Painted | None:
        chance = rng.random()
        if defects is not None and chance < LABELLED_SHARE:
            return defects.example(tile, patch, rng, settings, turn)
        if accepted is not None and chance >= 1 - ACCEPTED_SHARE:
            return accepted.example(tile, rng, settings, turn)
        return None

    return draw


def own_patches(
    parts: Sequence[np.ndarray], box: Corners, tile: int, rng: Rng, *, flip: bool, turn: bool
) -> list[np.ndarray]:
    """Cut the same random patch, around `box`, out of several arrays; float32, turned over together."""
    corner = []
    for low, high, size in zip(box[:2], box[2:], parts[0].shape, strict=True):
        inside = int(rng.integers(low, max(low + 1, high)))
        corner.append(int(np.clip(inside - rng.integers(tile), 0, max(0, size - tile))))
    here = tuple(slice(start, start + tile) for start in corner)
    patches = [pad_to_tile(part[here].astype(np.float32), tile) for part in parts]
    return turned_together(patches, rng, flip=flip, turn=turn)


def turned_together(parts: Sequence[np.ndarray], rng: Rng, *, flip: bool, turn: bool) -> list[np.ndarray]:
    """Apply `random_flip` the same way to all."""
    seed = int(rng.integers(1 << 32))
    return [random_flip(part, np.random.default_rng(seed), flip=flip, turn=turn) for part in parts]


def autoencoder_examples(
    cache: ImageSource,
    split: Split,
    tile: int,
    preprocessing: Preprocessing,
    settings: AugmentSettings,
    turn: bool,
    real: DrawReal | None = None,
) -> Draw:
    """Make the function that draws good patches with painted defects: (patch, {map label, coarse label, good patch}).

    Patches are standardised by `preprocessing`. `real`, as from `real_examples`, takes its share of the calls.
    """
    kinds = families(areas=preprocessing.matched)

    def patch(rng: Rng) -> np.ndarray:
        return augment.random_flip(crop(cache, split, tile, rng), rng, flip=settings.flip, turn=turn)

    def example(rng: Rng) -> Painted:
        found = real(rng, patch) if real else None
        if found is not None:
            return found
        good = patch(rng)
        painted, label = paint(good, patch, rng, kinds=kinds)
        return painted, label, good

    def draw(rng: Rng) -> Example:
        painted, label, good = example(rng)
        factor, summand = augment.random_lighting(rng, gain=settings.gain, offset=settings.offset)
        painted = augment.random_noise(painted * factor + summand, rng, most=settings.noise)
        good = good * factor + summand
        label = label[..., None]
        targets = {"score": label, "coarse": label, "reconstruction": network_input(good, preprocessing)}
        return network_input(painted, preprocessing), targets

    return draw


def classifier_examples(
    cache: ImageCache,
    members: Sequence[np.ndarray],
    good: int | None,
    preprocessing: Preprocessing,
    settings: AugmentSettings,
    turn: bool,
) -> Draw:
    """Make the function that draws whole images with their class: (image, {one-hot class, whether it is good}).

    `members` lists the image numbers of each class; classes are drawn equally often.
    """

    def draw(rng: Rng) -> Example:
        label = int(rng.integers(len(members)))
        values = cache[int(rng.choice(members[label]))].astype(np.float32)
        values = augment.random_flip(values, rng, flip=settings.flip, turn=turn)
        values = augment.random_shift(values, rng, shift=settings.shift)
        factor, summand = augment.random_lighting(rng, gain=settings.gain, offset=settings.offset)
        values = augment.random_noise(values * factor + summand, rng, most=settings.noise)
        return network_input(values, preprocessing), class_targets(label, len(members), good)

    return draw


def class_targets(label: int, count: int, good: int | None) -> dict[str, np.ndarray]:
    """Return the targets of one image of class number `label` out of `count`."""
    return {"logits": np.eye(count, dtype=np.float32)[label], "margin": np.array([label == good], np.float32)}


def network_input(values: np.ndarray, preprocessing: Preprocessing) -> np.ndarray:
    """Return grey levels (rows, cols) as the input of a network in training, float32 (rows, cols, 1)."""
    return ((values - preprocessing.mean) / preprocessing.std).astype(np.float32)[..., None]
