"""Silence the libraries on import: semscan's own errors and warnings report the same in one line."""

import logging
import warnings

import cv2
from PIL import Image

from semscan.settings import MAX_IMAGE_PIXELS

logging.getLogger("tifffile").setLevel(logging.CRITICAL + 1)
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
warnings.filterwarnings("ignore", module=r"PIL\.")
Image.MAX_IMAGE_PIXELS = MAX_IMAGE_PIXELS  # one limit for all formats: Pillow's own warns at 89 million
