"""Where 0.5 lies for a model: measured on good images through the very graph and tiles that inspect uses."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from semscan.files.images.read import read_image
from semscan.files.models.folder import ModelFolder
from semscan.image.clean import clean
from semscan.maps.fit_threshold import fit_threshold
from semscan.pipeline.methods.model import ModelMethod
from semscan.settings import AUTOENCODER_FLOOR, ReadSettings


def measure_threshold(
    folder: ModelFolder,
    cases: Iterable[tuple[Path, int, int]],
    read: ReadSettings,
    false_alarms: float,
    ceiling: float = float("inf"),
) -> dict[str, float]:
    """Set the raw threshold of a model on good images, or parts of them.

    Parameters
    ----------
    folder : ModelFolder
    cases : iterable of (path, row, col)
        A good image, and the first row and column of it that count.
    read : ReadSettings
    false_alarms : float
        Wanted false regions per good image.
    ceiling : float
        The raw threshold is never set above this, however far the tail of few images is continued: a score
        that the network does not reach is no threshold.

    Returns
    -------
    dict
        ``raw_threshold``; ``reached``, false regions per image at it; ``worth``, images' worth of area judged.
    """
    method = ModelMethod(folder)
    maps, areas = [], []
    for path, row, col in cases:
        image = clean(read_image(path, read), read)
        area = image.judged.copy()
        area[:row], area[:, :col] = False, False
        maps.append(method(image).raw)
        areas.append(area)
    floor = AUTOENCODER_FLOOR if folder.config["kind"] == "autoencoder" else 0.0
    threshold, reached = fit_threshold(maps, areas, false_alarms=false_alarms, floor=floor, ceiling=ceiling)
    worth = sum(float(area.mean()) for area in areas)
    return {"raw_threshold": threshold, "reached": reached, "worth": round(worth, 3)}
