"""How one training example is drawn, for each of the two networks."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from semscan.image.tiling import pad_to_tile
from semscan.pipeline.training.data.image_cache import ImageCache
from semscan.pipeline.training.data.split import crop
from semscan.settings import ACCEPTED_SHARE, LABELLED_SHARE, AugmentSettings
from semscan.synth.painting import augment
from semscan.synth.painting.augment import random_flip
from semscan.synth.painting.paint import paint
from semscan.synth.painting.paste import MARGIN, paste

Place = tuple[int, tuple[int, int, int, int]]  # image number; top, left, bottom, right


@dataclass(frozen=True, slots=True)
class RealDefects:
    """Labelled images on tap: as they are, with their defects replaced, and their masks, of equal shapes.

    `places` lists the defects.
    """

    images: ImageCache
    healed: ImageCache
    masks: ImageCache
    places: tuple[Place, ...]

    def example(self, tile, patch, rng, settings: AugmentSettings, turn: bool):
        """One training example: (patch with a real defect, label, the same without it).

        Half of them are cut from the defect's own image, in the others it is put into the good `patch`: where
        its surroundings fit best, or anywhere.
        """
        number, box = self.places[int(rng.integers(len(self.places)))]
        if rng.random() < 0.5:
            parts = (self.images[number], self.masks[number], self.healed[number])
            return own_patches(parts, box, tile, rng, flip=settings.flip, turn=turn)
        good = patch(rng)
        painted, label = good.copy(), np.zeros(good.shape, np.float32)
        cut, mask = self._cut(number, box, tile, rng, settings.flip, turn)
        paste(painted, label, cut, mask, rng, fit=rng.random() < 0.5)
        return painted, label, good

    def _cut(self, number, box, tile, rng, flip, turn):
        """A defect with its margin, turned over and a little larger, smaller, stronger or weaker than it is."""
        top, left, bottom, right = box
        most = max(8, tile * 3 // 4 - 2 * MARGIN)
        top += int(rng.integers(max(1, bottom - top - most + 1)))
        left += int(rng.integers(max(1, right - left - most + 1)))
        here = (
            slice(max(0, top - MARGIN), min(bottom, top + most) + MARGIN),
            slice(max(0, left - MARGIN), min(right, left + most) + MARGIN),
        )
        parts = turned_alike(
            [cache[number][here].astype(np.float32) for cache in (self.images, self.masks)], rng, flip=flip, turn=turn
        )
        size = float(np.exp(rng.uniform(-0.2, 0.2)))
        cut, mask = (cv2.resize(part, None, fx=size, fy=size, interpolation=cv2.INTER_LINEAR) for part in parts)
        middle = float(np.median(cut))
        return middle + (cut - middle) * float(np.exp(rng.uniform(-0.15, 0.15))), (mask > 0.5).astype(np.float32)


@dataclass(frozen=True, slots=True)
class AcceptedRegions:
    """Images with regions that are to become normal; what else was found in them is replaced."""

    images: ImageCache
    places: tuple[Place, ...]

    def example(self, tile, rng, settings: AugmentSettings, turn: bool):
        """One training example: (patch around a region, label of zeros, the same patch)."""
        number, box = self.places[int(rng.integers(len(self.places)))]
        (good,) = own_patches((self.images[number],), box, tile, rng, flip=settings.flip, turn=turn)
        return good, np.zeros(good.shape, np.float32), good.copy()


def real_examples(defects, accepted, tile, settings: AugmentSettings, turn: bool):
    """Make the function that gives a patch of real things in its share of the calls; None if there are none.

    ``draw(rng, patch)`` gives (patch, label, the good patch), or None when a painted one is due.
    """
    if defects is None and accepted is None:
        return None

    def draw(rng, patch):
        chance = rng.random()
        if defects is not None and chance < LABELLED_SHARE:
            return defects.example(tile, patch, rng, settings, turn)
        if accepted is not None and chance >= 1 - ACCEPTED_SHARE:
            return accepted.example(tile, rng, settings, turn)
        return None

    return draw


def own_patches(parts, box, tile, rng, *, flip, turn):
    """Cut the same random patch, around `box`, out of several arrays; float32, turned over alike."""
    corner = []
    for low, high, size in zip(box[:2], box[2:], parts[0].shape, strict=True):
        inside = int(rng.integers(low, max(low + 1, high)))
        corner.append(int(np.clip(inside - rng.integers(tile), 0, max(0, size - tile))))
    here = tuple(slice(start, start + tile) for start in corner)
    return turned_alike([pad_to_tile(part[here].astype(np.float32), tile) for part in parts], rng, flip=flip, turn=turn)


def turned_alike(parts, rng, *, flip, turn):
    """`random_flip`, the same way for all."""
    seed = int(rng.integers(1 << 32))
    return [random_flip(part, np.random.default_rng(seed), flip=flip, turn=turn) for part in parts]


def autoencoder_examples(cache, split, tile, scale, settings, turn, real=None):
    """Good patches with painted defects: (patch, {map label, coarse label, the good patch}).

    `scale` is (mean, std) of the good images' grey levels, by which patches are standardised. `real`, see
    `semscan.pipeline.training.data.examples.real_examples`, gives a patch of real things in its share of the calls.
    """
    mean, std = scale

    def patch(rng):
        return augment.random_flip(crop(cache, split, tile, rng), rng, flip=settings.flip, turn=turn)

    def example(rng):
        found = real(rng, patch) if real else None
        if found is not None:
            return found
        good = patch(rng)
        return *paint(good, patch, rng), good

    def draw(rng):
        painted, label, good = example(rng)
        factor, summand = augment.random_lighting(rng, gain=settings.gain, offset=settings.offset)
        painted = augment.random_noise(painted * factor + summand, rng, most=settings.noise)
        good = good * factor + summand
        label = label[..., None]
        targets = {"score": label, "coarse": label, "reconstruction": _input(good, mean, std)}
        return _input(painted, mean, std), targets

    return draw


def classifier_examples(cache, members, good, scale, settings, turn):
    """Whole images with their class: (image, {one-hot class, whether it is good}).

    `members` lists the image numbers of each class; classes are drawn equally often.
    """
    mean, std = scale

    def draw(rng):
        label = int(rng.integers(len(members)))
        values = cache[int(rng.choice(members[label]))].astype(np.float32)
        values = augment.random_flip(values, rng, flip=settings.flip, turn=turn)
        values = augment.random_shift(values, rng, shift=settings.shift)
        factor, summand = augment.random_lighting(rng, gain=settings.gain, offset=settings.offset)
        values = augment.random_noise(values * factor + summand, rng, most=settings.noise)
        return _input(values, mean, std), class_targets(label, len(members), good)

    return draw


def class_targets(label, count, good):
    """Targets of one image of class number `label` out of `count`."""
    return {"logits": np.eye(count, dtype=np.float32)[label], "margin": np.array([label == good], np.float32)}


def _input(values, mean, std):
    return ((values - mean) / std).astype(np.float32)[..., None]
