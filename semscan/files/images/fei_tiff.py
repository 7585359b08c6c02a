"""Write the TIFF of a microscope, for synthetic images with a scale."""

from __future__ import annotations

import io

import numpy as np
import tifffile

FEI_TAG = 34682  # "FEI_HELIOS": sections of keys, as text
HIGH_VOLTAGE = 1000  # V


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
