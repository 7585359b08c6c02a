"""Silence the libraries on import: semscan's own errors and warnings report the same in one line."""

import logging
import warnings

import cv2

logging.getLogger("tifffile").setLevel(logging.CRITICAL + 1)
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
warnings.filterwarnings("ignore", module=r"PIL\.")
