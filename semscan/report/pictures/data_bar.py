"""The data bar of a microscope, for synthetic images with a scale."""

from __future__ import annotations

import numpy as np

from semscan.report.pictures import colours, legend, lettering

BAR_SHARE = 12  # the bar has this part of the image's rows
SMALLEST_BAR = 24  # px


def with_data_bar(pixels: np.ndarray, nm_per_pixel: float) -> np.ndarray:
    """Return an image with a data bar below it: scale bar and nm per pixel.

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16, shape (rows, cols)
    nm_per_pixel : float

    Returns
    -------
    ndarray of the same dtype, shape (rows + bar, cols)
    """
    rows, cols = pixels.shape
    bar = np.zeros((max(SMALLEST_BAR, rows // BAR_SHARE), cols, 3), np.uint8)
    size = round(0.4 * len(bar))
    begin = legend.draw_scale(bar, nm_per_pixel, size)
    words = f"synthetic  {nm_per_pixel:g} nm/px"
    lettering.put(bar, lettering.shorten(words, size, begin - size), size // 2, round(1.4 * size), size, colours.INK)
    bar[:2] = colours.INK
    grey = bar.max(axis=2).astype(pixels.dtype) * (257 if pixels.dtype == np.uint16 else 1)
    return np.vstack([pixels, grey])
