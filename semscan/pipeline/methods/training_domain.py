"""An image against the training images of a network: brought to their magnification, compared with their appearance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from semscan.errors import BadImageError
from semscan.image.appearance import measure_appearance, unusual_measures
from semscan.image.resize import zoom_between, zoomed
from semscan.settings import MAX_ZOOM
from semscan.settings.networks import NETWORKS
from semscan.values import CleanImage
from semscan.values.model_config import ModelConfig


def magnification_zoom(image: CleanImage, config: ModelConfig) -> float:
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


def network_zoom(image: CleanImage, config: ModelConfig) -> float:
    """Return how much to enlarge an image for the network, which may see all images at a share of their size."""
    return magnification_zoom(image, config) * config.training_domain.zoom


def at_training_scale(image: CleanImage, config: ModelConfig) -> CleanImage:
    """Return the image as large as the network wants it; the very same object where it is."""
    zoom = network_zoom(image, config)
    if zoom == 1:
        return image
    judged = zoomed(image.judged.astype(np.float32), zoom) > 0.5
    return replace(image, values=zoomed(image.values, zoom), judged=judged)


def domain_warnings(image: CleanImage, grey: np.ndarray, config: ModelConfig) -> tuple[str, ...]:
    """Compare an image with the training images; return what a person should know.

    Parameters
    ----------
    image : CleanImage
        At its own size.
    grey : ndarray of float32, shape (rows, cols)
        Its grey levels as the network gets them.
    config : ModelConfig
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
    unusual = unusual_measures(measure_appearance(grey), domain.appearance) if domain.appearance and grey.size else {}
    if unusual:
        warnings.append(
            f"differs from the training images: {', '.join(unusual.values())}; the threshold may not hold on it"
        )
    return tuple(warnings)
