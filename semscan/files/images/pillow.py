"""Pillow with semscan's limit of pixels. Imported on use: PNG and most TIFF files are read without it."""

from __future__ import annotations

import struct

from PIL import Image

from semscan.settings import MAX_IMAGE_PIXELS

__all__ = ["PILLOW_FAULTS", "Image"]

PILLOW_FAULTS = (OSError, SyntaxError, ValueError, IndexError, struct.error, Image.DecompressionBombError)
Image.MAX_IMAGE_PIXELS = MAX_IMAGE_PIXELS  # one limit for all formats: Pillow's own warns at 89 million
