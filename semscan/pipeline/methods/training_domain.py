"""An image against those a network was trained on: brought to their magnification, compared with their look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from typing import Any, TypeVar, cast

import cv2
import numpy as np

from semscan.errors import BadImageError
from semscan.image.appearance import measure_appearance, unusual_measures
from semscan.image.inpaint import inpaint_ignored
from semscan.image.resize import zoom_between, zoomed
from semscan.image.tiling import judged_rows
from semscan.pipeline.methods.base import MethodResult
from semscan.settings import MAX_ZOOM
from semscan.values import CleanImage

Look = TypeVar("Look", bound=Callable[..., MethodResult])


class Training:
    """What a model's config.json says of its training images; models of earlier versions say nothing."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        # a classifier sees every image shrunk to one size, whatever its magnification
        self._nm_per_pixel = config["nm_per_pixel"] if config["kind"] == "autoencoder" else None
        self._known = config["nm_per_pixel"]
        self._look = config.get("training_look") or {}
        self._zoom = float(config.get("zoom", 1.0))

    def zoom(self, image: CleanImage) -> float:
        """How much an image must be enlarged to have the training images' magnification; BadImageError if too much."""
        zoom = zoom_between(image.nm_per_pixel, self._nm_per_pixel)
        if not 1 / MAX_ZOOM <= zoom <= MAX_ZOOM:
            raise BadImageError(
                f"{image.source}: has {image.nm_per_pixel:.4g} nm per pixel, the model's images {self._known:.4g}: "
                f"more than {MAX_ZOOM:g} times apart, too far to resample; train a model for this magnification"
            )
        return zoom

    def whole_zoom(self, image: CleanImage) -> float:
        """How much to enlarge an image for the network, which may judge all images at a share of their size."""
        return self.zoom(image) * self._zoom

    def brought(self, image: CleanImage) -> CleanImage:
        """The image as large as the network wants it; the very same where it is."""
        zoom = self.whole_zoom(image)
        if zoom == 1:
            return image
        judged = zoomed(image.judged.astype(np.float32), zoom) > 0.5
        return replace(image, values=zoomed(image.values, zoom), judged=judged)

    def said(self, own: CleanImage, seen: np.ndarray, zoom: float) -> tuple[str, ...]:
        """Warnings about an image, and about `seen`, its judged values as the network gets them."""
        said = []
        if zoom != 1:
            said.append(
                f"resampled {zoom:.3g} times, from {own.nm_per_pixel:.4g} to the model's {self._known:.4g} nm "
                "per pixel, to be judged; the results are at the image's own size"
            )
        elif zoom_between(own.nm_per_pixel, self._known) != 1:
            said.append(
                f"has {own.nm_per_pixel:.4g} nm per pixel, the training images {self._known:.4g}: what the "
                "model says may not hold"
            )
        odd = unusual_measures(measure_appearance(seen), self._look) if self._look and seen.size else {}
        if odd:
            said.append(f"differs from the training images: {', '.join(odd.values())}; 0.5 may not hold on it")
        return tuple(said)


def resampled_to_training(look: Look) -> Look:
    """Let a network look at an image at the scale of its training; the evidence has the image's own size.

    The network's ``training`` is a `Training`. Its warnings join the evidence.
    """

    @wraps(look)
    def looked(network: Any, image: CleanImage) -> MethodResult:
        fed = network.training.brought(image)
        evidence = look(network, fed)
        rows = judged_rows(fed)
        seen = inpaint_ignored(fed.values[rows], fed.judged[rows])
        warnings = network.training.said(image, seen, network.training.zoom(image))
        if fed is not image:
            raw = cv2.resize(evidence.raw, image.values.shape[::-1], interpolation=cv2.INTER_LINEAR)
            evidence = replace(evidence, raw=np.where(image.judged, raw, np.float32(0)))
        return replace(evidence, warnings=(*evidence.warnings, *warnings)) if warnings else evidence

    return cast(Look, looked)
