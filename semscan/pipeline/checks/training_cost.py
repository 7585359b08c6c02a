"""What the default training will take, in minutes and memory, before it is begun."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from semscan.files.datasets.layout import Layout
from semscan.image.resize import zoomed_shape
from semscan.pipeline.checks.dataset import ExaminedImage
from semscan.pipeline.training.data.dataset import working_scale
from semscan.pipeline.training.data.image_cache import ImageCache
from semscan.pipeline.training.data.split import split_good
from semscan.pipeline.training.workload import Workload, autoencoder_work, classifier_side, classifier_work
from semscan.settings import AUTO, IMAGE_CACHE_BYTES, ReadSettings, TrainSettings
from semscan.settings.networks import NETWORKS
from semscan.values.diagnosis import TrainingCost

# time falls less than in step with more cores
_CORES = 2
_GAIN = 0.7


def training_cost(
    layout: Layout, examined: Sequence[ExaminedImage], read: ReadSettings, cores: int
) -> TrainingCost | None:
    """Estimate the cost of a default training; None if no image is left to train on.

    Parameters
    ----------
    layout : Layout
    examined : sequence of ExaminedImage
        The training images that can be read.
    read : ReadSettings
    cores : int
        Processors that training may use.
    """
    planned = default_workload(layout, examined, read)
    if planned is None:
        return None
    work, pixels = planned
    network = NETWORKS[layout.network]
    seconds = work.steps * work.batch * work.tile**2 / network.pixels_per_second * (_CORES / cores) ** _GAIN
    cache = min(IMAGE_CACHE_BYTES, 2 * pixels)  # two bytes a pixel
    return TrainingCost(
        network=layout.network,
        steps=work.steps,
        patch_px=work.tile,
        cores=cores,
        minutes=round(seconds / 60, 1),
        memory_mib=round(network.memory_mib + cache / 2**20),
    )


def default_workload(
    layout: Layout, examined: Sequence[ExaminedImage], read: ReadSettings
) -> tuple[Workload, int] | None:
    """Plan the default training as train does, and count the pixels it keeps; None if no image is left."""
    if NETWORKS[layout.network].needs_classes:
        if not examined:
            return None
        work = classifier_work(classifier_side(max(max(image.judged_shape) for image in examined)))
        return work, len(examined) * work.tile**2
    good = [image for image in examined if image.good]
    if not good:
        return None
    scale, near = working_scale([image.path for image in good], [image.nm_per_pixel for image in good], read, AUTO)
    shapes = [
        zoomed_shape(image.judged_shape, scale.zoom(image.nm_per_pixel))
        for image, is_near in zip(good, near, strict=True)
        if is_near
    ]
    if not shapes:
        return None
    cache = ImageCache([Path()] * len(shapes), _never_read, shapes=shapes)
    usual = TrainSettings()
    split = split_good(cache, share=usual.held_back, few=usual.few, seed=usual.seed)
    return autoencoder_work(split), sum(rows * cols for rows, cols in shapes)


def _never_read(path: Path) -> np.ndarray:
    raise AssertionError("the shapes are known")
