"""Die to die: an image compared with a second image of the same place."""
