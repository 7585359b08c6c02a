"""Encode arrays as the bytes of picture files."""

from __future__ import annotations

import cv2
import numpy as np

from semscan.errors import OutputError


def png_bytes(array: np.ndarray, *, quick: bool = False) -> bytes:
    """Return `array` (as for `write_png`) as the bytes of a PNG file; `quick`: larger, in a fraction of the time."""
    options = [cv2.IMWRITE_PNG_COMPRESSION, 1] if quick else []
    done, encoded = cv2.imencode(".png", np.ascontiguousarray(array), options)
    if not done:
        raise OutputError(f"a {array.dtype} array of shape {array.shape} cannot be written as PNG")
    return encoded.tobytes()


def jpeg_bytes(array: np.ndarray, quality: int) -> bytes:
    """Return `array` (uint8, as for `write_png`) as the bytes of a JPEG file of this quality, 0 to 100."""
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    done, encoded = cv2.imencode(".jpg", np.ascontiguousarray(array), options)
    if not done:
        raise OutputError(f"a {array.dtype} array of shape {array.shape} cannot be written as JPEG")
    return encoded.tobytes()
