"""Methods that score an image in windows, for images too large to be held as a whole."""
