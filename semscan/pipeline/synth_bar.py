"""The data bar and the metadata of a microscope, for synthetic images with a scale."""

from __future__ import annotations

import io

import numpy as np
import tifffile

from semscan.report.pictures import colours, legend, lettering

FEI_TAG = 34682  # "FEI_HELIOS": sections of keys, as text
HIGH_VOLTAGE = 1000  # V
BAR_SHARE = 12  # the bar has this part of the image's rows
SMALLEST_BAR = 24  # px


def with_data_bar(pixels: np.ndarray, nm_per_pixel: float) -> np.ndarray:
    """Return an image with a data bar below it: scale bar, voltage and nm per pixel.

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
    words = f"synthetic  {HIGH_VOLTAGE / 1000:.2f} kV  {nm_per_pixel:g} nm/px"
    lettering.put(bar, lettering.shorten(words, size, begin - size), size // 2, round(1.4 * size), size, colours.INK)
    bar[:2] = colours.INK
    grey = bar.max(axis=2).astype(pixels.dtype) * (257 if pixels.dtype == np.uint16 else 1)
    return np.vstack([pixels, grey])


def fei_tiff(pixels: np.ndarray, scanned: int, nm_per_pixel: float) -> bytes:
    """Return an image as TIFF with the metadata of an FEI (Thermo Fisher) microscope.

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16, shape (rows, cols)
        With its data bar.
    scanned : int
        Rows above the bar.
    nm_per_pixel : float
    """
    rows, cols = pixels.shape
    metres = nm_per_pixel * 1e-9
    text = "\r\n".join(
        [
            "[User]",
            "UserText=made by semscan synth",
            "[Beam]",
            "Beam=EBeam",
            f"HV={HIGH_VOLTAGE}",
            "[Scan]",
            f"PixelWidth={metres:.6g}",
            f"PixelHeight={metres:.6g}",
            "[Image]",
            f"ResolutionX={cols}",
            f"ResolutionY={scanned}",
            "[PrivateFei]",
            f"DatabarHeight={rows - scanned}",
            "",
        ]
    )
    with io.BytesIO() as buffer:
        tag = (FEI_TAG, "s", 0, text, True)
        tifffile.imwrite(
            buffer, pixels, photometric="minisblack", compression="zlib", extratags=[tag], metadata=None, software=""
        )
        return buffer.getvalue()
