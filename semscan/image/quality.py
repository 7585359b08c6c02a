"""Measure how an image was taken: focus, noise, use of the grey scale."""

from __future__ import annotations

import cv2
import numpy as np

from semscan.image.appearance import LARGEST, measure_appearance
from semscan.image.tiling import centre_window
from semscan.values import CleanImage, ImageQuality, SemImage


def quality(image: SemImage, cleaned: CleanImage) -> ImageQuality:
    """Measure the judged pixels of an image; all None where they have one grey level.

    References
    ----------
    J. L. Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000,
    doi:10.1109/ICPR.2000.903548. Noise: see `semscan.robust.noise_level`.
    """
    rows = np.flatnonzero(cleaned.judged.any(axis=1))
    cols = np.flatnonzero(cleaned.judged.any(axis=0))
    frame = slice(rows[0], rows[-1] + 1), slice(cols[0], cols[-1] + 1)
    values = cleaned.values[frame]
    pixels = image.pixels[cleaned.judged]
    if pixels.min() == pixels.max():
        return ImageQuality()
    appearance = measure_appearance(values)
    middle = centre_window(values.shape, LARGEST)
    laplacian = cv2.Laplacian(values[middle], cv2.CV_32F)[cleaned.judged[frame][middle]]
    black, white = _saturated(pixels)
    return ImageQuality(
        focus=float(laplacian.var()) * 255**2,
        noise=appearance["noise"],
        contrast=appearance["contrast"],
        brightness=appearance["brightness"],
        black_fraction=black,
        white_fraction=white,
    )


def _saturated(pixels: np.ndarray) -> tuple[float | None, float | None]:
    """Return the shares of pixels at the lowest and highest level of an integer type; None for other types."""
    if pixels.dtype.kind != "u":
        return None, None
    return float((pixels == 0).mean()), float((pixels == np.iinfo(pixels.dtype).max).mean())
