"""Training-free comparison: an image with its own repeats, or with a second image of the same place."""
