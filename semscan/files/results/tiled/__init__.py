"""Files of large images, written tile by tile or row by row."""
