"""What the default training will take, in minutes and memory, before it is begun."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from semscan import settings as defaults
from semscan.files.layout import Layout

# Training pixels a second on two cores and the memory of TensorFlow with its network, as measured.
_RATES = {"autoencoder": 2.1e6, "attention-cnn": 1.0e6}
_MEMORY = {"autoencoder": 1500, "attention-cnn": 1200}
_CORES, _GAIN = 2, 0.7  # time falls less than in step with more cores


def training_cost(layout: Layout, shapes: Sequence[tuple[int, int]], cores: int) -> dict[str, Any]:
    """Estimate a default training: network, steps, patch side in pixels, minutes and MiB, rough by a third.

    Parameters
    ----------
    layout : Layout
    shapes : sequence of (int, int)
        Rows and columns of the training images.
    cores : int
        Processors that training may use.
    """
    kind = "attention-cnn" if layout.kind in ("classes", "classes-without-good") else "autoencoder"
    if kind == "autoencoder":
        side = int(np.median([min(shape) for shape in shapes])) // 32 * 32
        tile = max(32, min(defaults.AUTOENCODER_TILE, side))
        steps, held = defaults.AUTOENCODER_STEPS, [rows * cols for rows, cols in shapes]
        batch = min(32, defaults.AUTOENCODER_BATCH * (defaults.AUTOENCODER_TILE // tile) ** 2)
    else:
        longest = min(defaults.CLASSIFIER_SIDE, max(max(shape) for shape in shapes))
        tile = max(32, -(-longest // 32) * 32)
        steps, held = defaults.CLASSIFIER_STEPS, [tile * tile for _ in shapes]
        batch = max(4, min(defaults.CLASSIFIER_BATCH, defaults.CLASSIFIER_BATCH * 192**2 // tile**2))
    seconds = steps * batch * tile * tile / _RATES[kind] * (_CORES / cores) ** _GAIN
    gallery = min(defaults.GALLERY_BYTES, 2 * sum(held))  # two bytes a pixel
    return {
        "network": kind,
        "steps": steps,
        "patch_px": tile,
        "cores": cores,
        "minutes": round(seconds / 60, 1),
        "memory_mib": round(_MEMORY[kind] + gallery / 2**20),
    }
