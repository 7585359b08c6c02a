"""What one training example is, for each of the two networks."""

from __future__ import annotations

import numpy as np

from semscan.pipeline.gallery import crop
from semscan.synth.paint import paint
from semscan.tensors import augment


def painted_lesson(gallery, split, tile, scale, settings, turn, real=None):
    """Good patches with painted defects: (patch, {map label, coarse label, the good patch}).

    `scale` is (mean, std) of the good images' grey levels, by which patches are standardised. `real`, see
    `semscan.pipeline.real.real_examples`, gives a patch of real things in its share of the calls.
    """
    mean, std = scale

    def patch(rng):
        return augment.turned_over(crop(gallery, split, tile, rng), rng, flip=settings.flip, turn=turn)

    def example(rng):
        found = real(rng, patch) if real else None
        if found is not None:
            return found
        good = patch(rng)
        return *paint(good, patch, rng), good

    def draw(rng):
        painted, label, good = example(rng)
        factor, summand = augment.relight(rng, gain=settings.gain, offset=settings.offset)
        painted = augment.noisy(painted * factor + summand, rng, most=settings.noise)
        good = good * factor + summand
        label = label[..., None]
        targets = {"score": label, "coarse": label, "reconstruction": _input(good, mean, std)}
        return _input(painted, mean, std), targets

    return draw


def labelled_lesson(gallery, members, good, scale, settings, turn):
    """Whole images with their class: (image, {one-hot class, whether it is good}).

    `members` lists the image numbers of each class; classes are drawn equally often.
    """
    mean, std = scale

    def draw(rng):
        label = int(rng.integers(len(members)))
        values = gallery[int(rng.choice(members[label]))].astype(np.float32)
        values = augment.turned_over(values, rng, flip=settings.flip, turn=turn)
        values = augment.moved(values, rng, shift=settings.shift)
        factor, summand = augment.relight(rng, gain=settings.gain, offset=settings.offset)
        values = augment.noisy(values * factor + summand, rng, most=settings.noise)
        return _input(values, mean, std), class_targets(label, len(members), good)

    return draw


def class_targets(label, count, good):
    """Targets of one image of class number `label` out of `count`."""
    return {"logits": np.eye(count, dtype=np.float32)[label],
            "margin": np.array([label == good], np.float32)}


def _input(values, mean, std):
    return ((values - mean) / std).astype(np.float32)[..., None]
