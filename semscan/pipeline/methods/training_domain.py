"""An image against the training images of a network: brought to their magnification, compared with their appearance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from semscan.errors import BadImageError
from semscan.image.appearance import Difference, measure_appearance, unusual_measures
from semscan.image.resize import zoom_between, zoomed
from semscan.settings import MAX_ZOOM
from semscan.settings.networks import NETWORKS
from semscan.values import CleanImage, SemImage
from semscan.values.model.config import ModelConfig
from semscan.values.record import DIFFERS

ALMOST_EVERYWHERE = 0.6  # share of an image above the threshold: a defect is smaller


def magnification_zoom(image: CleanImage | SemImage, config: ModelConfig) -> float:
    """Return how much to enlarge an image so that it has the magnification of the training images.

    1 where either magnification is unknown, and for a network that sees every image shrunk to one size.

    Raises
    ------
    BadImageError
        If it is more than `MAX_ZOOM` times away.
    """
    own = image.nm_per_pixel
    trained = config.training_domain.nm_per_pixel
    zoom = zoom_between(own, trained) if NETWORKS[config.network.kind].resamples else 1.0
    if not 1 / MAX_ZOOM <= zoom <= MAX_ZOOM:
        raise BadImageError(
            f"{image.source}: has {own:.4g} nm per pixel, the model's images {trained:.4g}: "
            f"more than {MAX_ZOOM:g} times apart, too far to resample; train a model for this magnification"
        )
    return zoom


def network_zoom(image: CleanImage | SemImage, config: ModelConfig) -> float:
    """Return how much to enlarge an image for the network, which may see all images at a share of their size."""
    return magnification_zoom(image, config) * config.training_domain.zoom


def at_training_scale(image: CleanImage, config: ModelConfig) -> CleanImage:
    """Return the image as large as the network wants it; the very same object where it is."""
    zoom = network_zoom(image, config)
    if zoom == 1:
        return image
    judged = zoomed(image.judged.astype(np.float32), zoom) > 0.5
    return replace(image, values=zoomed(image.values, zoom), judged=judged)


def domain_warnings(
    image: CleanImage, grey: np.ndarray, config: ModelConfig, *, is_unlike: bool = False
) -> tuple[str, ...]:
    """Compare an image with the training images; return what a person should know.

    Parameters
    ----------
    image : CleanImage
        At its own size.
    grey : ndarray of float32, shape (rows, cols)
        Its grey levels as the network gets them.
    config : ModelConfig
    is_unlike : bool
        Whether `unlike_training` says already how it looks.
    """
    domain, own = config.training_domain, image.nm_per_pixel
    zoom = magnification_zoom(image, config)
    warnings = []
    if zoom != 1:
        warnings.append(
            f"resampled {zoom:.3g} times, from {own:.4g} to the model's {domain.nm_per_pixel:.4g} nm "
            "per pixel, to be judged; the results are at the image's own size"
        )
    elif zoom_between(own, domain.nm_per_pixel) != 1:
        warnings.append(
            f"has {own:.4g} nm per pixel, the training images {domain.nm_per_pixel:.4g}: the scores may not hold"
        )
    unusual = [] if is_unlike else _unusual(grey, config)
    if unusual:
        warnings.append(f"{DIFFERS}{', '.join(one.words for one in unusual)}; the threshold may not hold on it")
    return tuple(warnings)


def detects_from(image: CleanImage, config: ModelConfig) -> float | None:
    """Return the diameter in pixels of this image from which painted defects were found nine times in ten."""
    painted = config.painted
    if painted is None or painted.a90_px is None:
        return None
    return painted.a90_px / magnification_zoom(image, config)


def unlike_training(grey: np.ndarray, raw: np.ndarray, judged: np.ndarray, config: ModelConfig) -> tuple[str, ...]:
    """Say why an image is far outside what a model was trained on; empty for an image that it can judge.

    Parameters
    ----------
    grey : ndarray of float32, shape (rows, cols)
        Its grey levels as the network gets them.
    raw : ndarray of float32, same shape
        Its raw map.
    judged : ndarray of bool, same shape
    config : ModelConfig
    """
    threshold = config.calibration.raw_threshold
    if threshold is None or not judged.any():
        return ()
    marked = (raw > threshold) & judged
    return unlike_by_share(grey, marked, float(marked.sum() / judged.sum()), config)


def unlike_by_share(grey: np.ndarray, marked: np.ndarray, share: float, config: ModelConfig) -> tuple[str, ...]:
    """Say why an image is far outside what a model was trained on; see `unlike_training`.

    Parameters
    ----------
    grey : ndarray of float32, shape (rows, cols)
        Its grey levels, or the part of them that `measure_appearance` looks at.
    marked : ndarray of bool, same shape
        What lies above the threshold.
    share : float
        How much of the whole image lies above it.
    config : ModelConfig
    """
    unusual = _unusual(grey, config)
    reasons = [one.words for one in unusual] if any(one.is_far for one in unusual) else []
    if reasons and marked.any() and not marked.all():  # a large defect alone does not make an image foreign
        rest = np.where(marked, np.float32(np.median(grey[~marked])), grey)
        reasons = reasons if any(one.is_far for one in _unusual(rest, config)) else []
    if share > ALMOST_EVERYWHERE and not config.network.classes:
        reasons.append(f"{share:.0%} of it lies above the threshold".replace("%", " %"))
    return tuple(reasons)


def _unusual(grey: np.ndarray, config: ModelConfig) -> list[Difference]:
    appearance = config.training_domain.appearance
    return list(unusual_measures(measure_appearance(grey), appearance).values()) if appearance and grey.size else []
