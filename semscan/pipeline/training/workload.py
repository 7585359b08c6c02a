"""How much is trained: the side of a patch, patches a step, and steps. One source for train and for doctor."""

from __future__ import annotations

from dataclasses import dataclass

from semscan import settings as defaults
from semscan.pipeline.training.data.split import Split, tile_for


@dataclass(frozen=True, slots=True)
class Workload:
    """Side of a training patch in pixels, patches in a step, and steps."""

    tile: int
    batch: int
    steps: int


def autoencoder_work(split: Split, steps: int | None = None) -> Workload:
    """Set the work of the autoencoder: smaller patches where images are small, and then more of them.

    Parameters
    ----------
    split : Split
        The parts of the images that are trained on, at the size at which the network sees them.
    steps : int, optional
        Given by the user.
    """
    tile = tile_for(split, defaults.AUTOENCODER_TILE)
    batch = min(32, defaults.AUTOENCODER_BATCH * (defaults.AUTOENCODER_TILE // tile) ** 2)
    return Workload(tile, batch, steps or defaults.AUTOENCODER_STEPS)


def classifier_work(side: int, steps: int | None = None) -> Workload:
    """Set the work of the attention CNN, whose patches are whole images.

    Parameters
    ----------
    side : int
        Of the square that holds each image, pixels, as from `classifier_side`.
    steps : int, optional
        Given by the user.
    """
    batch = max(4, min(defaults.CLASSIFIER_BATCH, defaults.CLASSIFIER_BATCH * 192**2 // side**2))
    return Workload(side, batch, steps or defaults.CLASSIFIER_STEPS)


def classifier_side(longest: int) -> int:
    """Side of the square that holds every image of a classifier; 32 divides it.

    Parameters
    ----------
    longest : int
        The longest side of any image, pixels; longer ones than `CLASSIFIER_SIDE` are shrunk.

    Examples
    --------
    >>> classifier_side(20), classifier_side(100), classifier_side(5000)
    (32, 128, 384)
    """
    return max(32, -(-min(longest, defaults.CLASSIFIER_SIDE) // 32) * 32)
