"""Pillow without its own limit of pixels. Imported on use: PNG and most TIFF files are read without it."""

from __future__ import annotations

import struct

from PIL import Image

__all__ = ["PILLOW_FAULTS", "Image"]

PILLOW_FAULTS = (OSError, SyntaxError, ValueError, IndexError, struct.error, Image.DecompressionBombError)
Image.MAX_IMAGE_PIXELS = None  # one limit for all formats, `check_size`: Pillow's own warns at 89 million
